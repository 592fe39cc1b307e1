/**
 * A server that belongs to a test: started on a free port of 127.0.0.1, ended by the pid it was started with.
 *
 * Promises: it ends with the process of the test, however that ends (setpriv sets the parent-death signal).
 */
import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { type User, until } from './lab.ts';

/** A running server. */
export type Server = {
  readonly pid: number;
  /** Ends it and everything it started; resolves when it is gone. */
  readonly stop: () => Promise<void>;
};

/** How a server is started. */
export type ServerOptions = {
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  readonly user?: User;
};

/** How long a server may take to start or to end, milliseconds. */
const PATIENCE_MS = 30_000;

/** A port of 127.0.0.1 that nobody has at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** True when somebody answers at the port. */
export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Starts a server that stays in the foreground. @throws when it does not answer at its port in time */
export async function startServer(
  command: readonly string[],
  { port, env, user }: ServerOptions,
): Promise<Server> {
  // Its own process group: Postfix's master signals the whole group when it ends.
  const child = spawn('setpriv', [...identity(user), '--pdeathsig', 'TERM', '--', ...command], {
    env,
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  }
  let ended = false;
  const end = new Promise<void>((resolve) => {
    const finish = () => {
      ended = true;
      resolve();
    };
    child.once('error', finish);
    child.once('exit', finish);
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${command.join(' ')}`);
  const stop = async () => {
    if (!ended) child.kill('SIGTERM');
    // innd looks at what signals have told it only when somebody connects.
    const knock = setInterval(() => void answers(port), 50);
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    await end;
    clearTimeout(timer);
    clearInterval(knock);
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Nobody is left of its group.
    }
    child.stdout.destroy();
    child.stderr.destroy();
  };
  try {
    await until(
      `${command[0]} answers at port ${port}`,
      () => {
        if (ended) throw new Error(`${command.join(' ')} ended: ${said}`);
        return answers(port);
      },
      PATIENCE_MS,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { pid, stop };
}

/** The options of setpriv that change the user. */
function identity(user: User | undefined): string[] {
  return user ? [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'] : [];
}

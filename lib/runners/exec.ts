/**
 * A queue of the user's own that runs a command: the message on standard input, metadata in QRUNNER_* variables, the
 * verdict by exit status. No shell; the environment is a new one.
 *
 *     0            done
 *     75, time-out defer, with the usual backoff and limit
 *     65, others   shunt, with what it printed as the reason, its last line first
 *     ended by us, since the run ends: defer, no failure
 */
import { spawn } from 'node:child_process';
import { pipeline } from 'node:stream/promises';
import { backoffMs } from '../base/backoff.ts';
import { isPipeClosed } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import type { Entry } from '../spool/entry.ts';
import type { Runner, Verdict } from './runner.ts';

/** What is kept of a command's output, bytes; the end of it, where the error stands. */
const OUTPUT_LIMIT = 8 * 1024;

/** A command with its arguments, and how long it may take. */
export type ExecSettings = {
  readonly command: readonly string[];
  /** Milliseconds. */
  readonly timeoutMs: number;
  /** How long it may take to end after SIGTERM before it gets SIGKILL, milliseconds. @default 5000 */
  readonly graceMs?: number;
};

/** Opens a runner that runs a command. */
export function openExecRunner(settings: ExecSettings): Runner {
  return {
    concurrency: 4,
    run: async (entry, { clock, signal }) => {
      const end = await runCommand(settings, entry, signal);
      if (end.stopped && end.status !== EX.OK) {
        return { kind: 'defer', until: clock.now(), reason: 'the run was told to end', failed: false };
      }
      return judge(end, settings, entry.failures, clock.now());
    },
  };
}

type CommandEnd = {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
  /** We ended it, because the run was told to end. */
  readonly stopped: boolean;
  readonly output: string;
};

function judge(
  end: CommandEnd,
  { command, timeoutMs }: ExecSettings,
  failures: number,
  now: number,
): Verdict {
  if (end.status === EX.OK) return { kind: 'done', outputs: [] };
  const how = end.timedOut
    ? `did not end within ${timeoutMs / 1000} s`
    : end.signal !== null
      ? `was ended by ${end.signal}`
      : `ended with status ${end.status}`;
  const reason = `${command[0]} ${how}${outputWords(end.output)}`;
  return end.timedOut || end.status === EX.TEMPFAIL
    ? { kind: 'defer', until: now + backoffMs(failures + 1), reason, failed: true }
    : { kind: 'shunt', reason };
}

/** Of the output the last line, where the error stands, goes to the first line of the reason; below it lies the whole. */
function outputWords(output: string): string {
  if (output === '') return '';
  const last = output.slice(output.lastIndexOf('\n') + 1);
  return last === output ? `: ${last}` : `: ${last}\n${output}`;
}

/** The metadata as environment variables. Values with NUL cannot be; there are none in addresses. */
export function metadataEnvironment(entry: Entry): Record<string, string> {
  const { meta } = entry;
  return {
    QRUNNER_ID: entry.id,
    QRUNNER_QUEUE: entry.queue,
    QRUNNER_RECEIVED: new Date(entry.receivedAt).toISOString(),
    QRUNNER_FAILURES: String(entry.failures),
    QRUNNER_SIZE: String(entry.size),
    QRUNNER_LIST: meta.list ?? '',
    QRUNNER_ROLE: meta.role ?? '',
    QRUNNER_EXTENSION: meta.extension ?? '',
    QRUNNER_SENDER: meta.sender ?? '',
    QRUNNER_RECIPIENTS: meta.recipients.join('\n'),
  };
}

async function runCommand(
  { command, timeoutMs, graceMs = 5_000 }: ExecSettings,
  entry: Entry,
  signal: AbortSignal,
): Promise<CommandEnd> {
  const [file = '', ...args] = command;
  const inherited = Object.fromEntries(
    ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  // A group of its own, so that the command's children end with it.
  const child = spawn(file, args, {
    env: { ...inherited, ...metadataEnvironment(entry) },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  let output = Buffer.alloc(0);
  const keep = (chunk: Buffer) => {
    output = Buffer.concat([output, chunk]);
    if (output.length > OUTPUT_LIMIT) output = output.subarray(output.length - OUTPUT_LIMIT);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);

  let timedOut = false;
  const kill = (name: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    } catch {
      // It has ended already.
    }
  };
  let force: NodeJS.Timeout | undefined;
  const end = () => {
    kill('SIGTERM');
    force ??= setTimeout(() => kill('SIGKILL'), graceMs);
  };
  const timer = setTimeout(() => {
    timedOut = true;
    end();
  }, timeoutMs);
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  try {
    const ended = new Promise<{ status: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status, name) => resolve({ status, signal: name }));
    });
    const message = entry.stream();
    // Before its input is closed: a message that cannot be read must not be taken for a short one.
    message.once('error', (error) => {
      if (!isPipeClosed(error)) kill('SIGKILL');
    });
    const fed = pipeline(message, child.stdin).catch((error: unknown) => {
      // A command may decide without reading all: a closed pipe is no error.
      if (!isPipeClosed(error)) throw error;
    });
    const [result] = await Promise.all([ended, fed]);
    return {
      ...result,
      timedOut,
      stopped: signal.aborted && !timedOut,
      output: output.toString('utf8').trim(),
    };
  } finally {
    clearTimeout(timer);
    clearTimeout(force);
    signal.removeEventListener('abort', end);
  }
}

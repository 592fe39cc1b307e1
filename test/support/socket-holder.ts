/**
 * What systemd does for a socket unit with Accept=no, in a few lines of Perl, since Node cannot hold a listening socket
 * without accepting: holds the socket, and starts the program with it as descriptor 3 whenever a connection waits and
 * no program runs.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './lab.ts';

/** Programs the holder needs. */
export const HOLDER_PROGRAMS = ['perl'];

const SCRIPT = String.raw`
use strict; use Socket; use POSIX ();
# Descriptors up to this one stay open in the program.
$^F = 255;
my ($path, @command) = @ARGV;
socket(my $server, PF_UNIX, SOCK_STREAM, 0) or die "socket: $!";
bind($server, sockaddr_un($path)) or die "bind: $!";
listen($server, 256) or die "listen: $!";
$| = 1;
my $child = 0;
$SIG{TERM} = sub { kill 'TERM', $child if $child; exit 0 };
print "ready\n";
while (1) {
  my $bits = ''; vec($bits, fileno($server), 1) = 1;
  next unless select(my $ready = $bits, undef, undef, undef) > 0;
  $child = fork();
  if ($child == 0) {
    POSIX::dup2(fileno($server), 3) if fileno($server) != 3;
    $ENV{LISTEN_FDS} = 1; $ENV{LISTEN_PID} = $$;
    exec @command or POSIX::_exit(127);
  }
  print "start $child\n";
  waitpid($child, 0);
  print "end $?\n";
  $child = 0;
}
`;

/** A held socket. */
export type SocketHolder = AsyncDisposable & {
  readonly path: string;
  /** Process ids in the order of their start. */
  readonly started: () => number[];
  /** How each ended: wait(2) statuses. */
  readonly ended: () => number[];
  /** What the programs wrote to standard error. */
  readonly errors: () => string;
};

/** Holds a socket for a program. */
export async function holdSocket(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<SocketHolder> {
  const directory = mkdtempSync(join(tmpdir(), 'qrunner-held-'));
  const path = join(directory, 'lmtp.sock');
  const script = join(directory, 'hold.pl');
  writeFileSync(script, SCRIPT);
  const child = spawn('perl', [script, path, ...command], {
    env,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const gone = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  const numbers = (word: string) =>
    [...said.matchAll(new RegExp(`^${word} (\\d+)$`, 'gm'))].map(([, number]) => Number(number));
  await until(`the socket is held: ${errors}`, () => said.includes('ready'));
  return {
    path,
    started: () => numbers('start'),
    ended: () => numbers('end'),
    errors: () => errors,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      await gone;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/**
 * `qrunner lmtp`: takes mail by LMTP, on a socket that systemd holds, on one of its own, or on standard input. Ends by itself
 * when nobody has called for a while; whoever holds the socket starts it again.
 */
import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import { hostname } from 'node:os';
import { Duplex } from 'node:stream';
import type { Command } from 'commander';
import { parseDuration } from '../base/duration.ts';
import { ExpectedError } from '../base/errors.ts';
import { stderrLog } from '../base/log.ts';
import { EX } from '../base/sysexits.ts';
import { LMTP_LIMITS } from '../intake/lmtp-limits.ts';
import { inheritedSocket, type ListenAt, parseListen, placeOf } from '../intake/lmtp-listen.ts';
import { openMailroom } from '../intake/lmtp-mailroom.ts';
import type { TurnAway } from '../intake/lmtp-receive.ts';
import { serveLmtp } from '../intake/lmtp-server.ts';
import { lmtpSession, type SessionOptions } from '../intake/lmtp-session.ts';
import type { Context } from './context.ts';
import { complain, type Io } from './io.ts';
import { freshConfiguration, sharedSpool } from './lmtp-site.ts';
import { untilSignal } from './signals.ts';

type LmtpOptions = { listen?: string; stdin?: boolean; idle?: string };

/** How long a socket that systemd holds may be without a connection, milliseconds. */
const IDLE_MS = 5_000;

/** Declares the command. */
export function declare(command: Command, context: Context): void {
  command
    .description(
      'Take mail by LMTP (RFC 2033). Without an option the socket is the one that systemd passes. ' +
        'A recipient is answered 250 only when his message is durable.',
    )
    .option('--listen <place>', 'listen at a path, or at HOST:PORT, instead')
    .option('--stdin', 'speak with one client on standard input instead')
    .option(
      '--idle <time>',
      'end after so long without a connection; never (default: 5s, never with --listen)',
    )
    .action(async (options: LmtpOptions) => {
      await lmtpAction(options, context);
    });
}

async function lmtpAction(options: LmtpOptions, context: Context): Promise<void> {
  const { io } = context;
  if (options.stdin && (options.listen !== undefined || options.idle !== undefined)) {
    throw new ExpectedError(
      EX.USAGE,
      '--stdin speaks with one client and ends: leave out --listen and --idle',
    );
  }
  const session = sessionOptions(context);
  const stop = untilSignal(LMTP_LIMITS.stopMs);
  try {
    if (options.stdin) return await serveOne(io, session, stop.signal);
    const at = options.listen === undefined ? inheritedSocket(io.env) : parseListen(options.listen);
    await serveLmtp({
      ...session,
      at,
      idleMs: idleOf(options.idle, at),
      signal: stop.signal,
      onListening: () => {
        if (context.globals().verbose) complain(io, `qrunner: LMTP at ${placeOf(at)}`);
      },
    });
  } finally {
    stop.release();
  }
}

function idleOf(text: string | undefined, at: ListenAt): number | null {
  if (text === undefined) return at.kind === 'inherited' ? IDLE_MS : null;
  if (text === 'never') return null;
  const ms = parseDuration(text);
  if (ms === null) {
    throw new ExpectedError(EX.USAGE, `cannot read --idle "${text}": wanted a time such as 5s, or never`);
  }
  return ms;
}

function sessionOptions(context: Context): Omit<SessionOptions, 'from'> {
  const { io } = context;
  const underSystemd = io.env.JOURNAL_STREAM !== undefined;
  const log = stderrLog(context.globals().verbose ? 'debug' : underSystemd ? 'info' : 'warning', io.env);
  // The greeting waits for nothing: the rules, and SQLite below them, are loaded with the first message.
  let rules: Promise<ReturnType<typeof import('./lmtp-policy.ts').openListRules>> | null = null;
  const mailroom = openMailroom({
    configuration: freshConfiguration(context),
    openSpool: sharedSpool(),
    turnAway: (configuration): TurnAway => {
      rules ??= import('./lmtp-policy.ts').then(({ openListRules }) => openListRules());
      const loaded = rules;
      return async (post) => (await loaded)(configuration)(post);
    },
    log,
  });
  return { mailroom, limits: LMTP_LIMITS, log, hostname: hostname() };
}

/** One client: the connection that systemd (Accept=yes) or inetd puts on standard input, or a pipe. */
async function serveOne(io: Io, options: Omit<SessionOptions, 'from'>, signal: AbortSignal): Promise<void> {
  const stream = clientOf(io);
  const from = stream instanceof Socket ? (stream.remoteAddress ?? 'unix') : 'stdin';
  const session = lmtpSession(stream, { ...options, from });
  let overtime: NodeJS.Timeout | null = null;
  const stop = () => {
    session.stop();
    overtime = setTimeout(session.destroy, options.limits.stopMs);
  };
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  await session.ended;
  signal.removeEventListener('abort', stop);
  if (overtime !== null) clearTimeout(overtime);
}

function clientOf(io: Io): Duplex {
  // Both ways on descriptor 0: standard output may be the journal.
  if (io.stdin === process.stdin && fstatSync(0).isSocket())
    return new Socket({ fd: 0, allowHalfOpen: true });
  return Duplex.from({ readable: io.stdin, writable: io.stdout });
}

/**
 * Fifty destinations, among them one that never answers and one that is slow, against fifty that are well: what the two cost the
 * others, and the whole run. The well ones are addresses of one server (127.0.1.1 and so on); the dead one is a port
 * whose backlog is full, so that no connection to it is ever made.
 */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { skipReason } from '../test/support/lab-needs.ts';
import {
  fillOut,
  makeSendingSite,
  messageOf,
  settle,
  type TimedRun,
  timedRun,
  transportTo,
} from './delivery-site.ts';
import { placed, placement } from './processors.ts';
import { type Sink, SMTP_SINK, startSink } from './sink.ts';
import { type BenchSite, median, report, roundsOr, spread } from './support.ts';

const DESTINATIONS = 50;
const MESSAGES = 10;
const EACH = 20;
const ROUNDS = roundsOr(3);
const PATIENCE_MS = 300_000;
/** How long the slow one waits before it answers to DATA, seconds. */
const SLOW = 1;
/** How long a connection to the dead one may take. */
const CONNECT = '2s';

const domainOf = (destination: number) => `d${destination}.example`;

/** Where the destinations lie: the first is the dead one, the second the slow one, when there are such. */
function routes(ports: { readonly well: number; readonly slow: number; readonly dead: number }): string {
  const special = [ports.dead, ports.slow];
  const lines = Array.from({ length: DESTINATIONS }, (_, index) => {
    const port = special[index] ?? ports.well;
    const host = port === ports.well ? `127.0.1.${index + 1}` : '127.0.0.1';
    const patience = `timeouts: { connect: ${CONNECT}, greeting: ${CONNECT} }`;
    return `  ${domainOf(index)}: { type: smtp, host: ${host}, port: ${port}, ${patience} }\n`;
  });
  return `${transportTo(ports.well)}routes:\n${lines.join('')}`;
}

function fill(site: BenchSite): void {
  const recipients = Array.from({ length: DESTINATIONS }, (_, destination) =>
    Array.from({ length: EACH }, (_, member) => `member${member}@${domainOf(destination)}`),
  ).flat();
  for (let number = 0; number < MESSAGES; number++) fillOut(site, messageOf(number), recipients);
  settle();
}

/** A server that is there and never answers: stopped, with more connections waiting than it takes. */
async function startDead(): Promise<AsyncDisposable & { readonly port: number }> {
  const sink = await startSink({ backlog: 1 });
  process.kill(sink.pid, 'SIGSTOP');
  const waiting: Socket[] = [];
  for (let full = false; !full; ) {
    const socket = connect(sink.port, '127.0.0.1').on('error', () => {});
    waiting.push(socket);
    full = await Promise.race([
      new Promise<boolean>((resolve) => void socket.once('connect', () => resolve(false))),
      sleep(300, true),
    ]);
  }
  return {
    port: sink.port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of waiting) socket.destroy();
      process.kill(sink.pid, 'SIGCONT');
      await sink[Symbol.asyncDispose]();
    },
  };
}

/** From the start of the run until the well ones have all, and the whole of it, milliseconds. */
type Round = { readonly well: number; readonly whole: number; readonly cpuMs: number };

async function round(sink: Sink, yaml: string, well: number, slow: Sink | null): Promise<Round> {
  // A site of its own for each: what is known of a dead destination must not help the next round.
  const site = await makeSendingSite(yaml);
  try {
    fill(site);
    sink.reset();
    slow?.reset();
    const followed = sink.follow();
    const run: TimedRun = await timedRun(site, ['--runner', 'out', '--once'], PATIENCE_MS);
    const { lastAt } = followed();
    sink.mustHave(well * MESSAGES * EACH);
    slow?.mustHave(MESSAGES * EACH);
    return { well: lastAt - run.startedAt, whole: run.ms, cpuMs: run.cpuMs };
  } finally {
    site.remove();
  }
}

const seconds = (values: readonly number[]) => `${spread(values.map((value) => value / 1000))} s`;

/** Runs the bench and prints its figures. */
export async function deliveryDestinations(): Promise<void> {
  const missing = skipReason({ programs: [SMTP_SINK] });
  if (missing !== false) return report('fifty destinations: not measured', [missing]);
  await using sink = await startSink({ before: placed('server'), address: '0.0.0.0' });
  await using slow = await startSink({ before: placed('server'), more: ['-w', String(SLOW)] });
  await using dead = await startDead();
  const healthy = routes({ well: sink.port, slow: sink.port, dead: sink.port });
  const troubled = routes({ well: sink.port, slow: slow.port, dead: dead.port });
  const name = `${MESSAGES} messages to ${EACH} recipients at each of ${DESTINATIONS} destinations`;
  const rounds: { readonly healthy: Round; readonly troubled: Round }[] = [];
  for (let index = 0; index < ROUNDS; index++) {
    rounds.push({
      healthy: await round(sink, healthy, DESTINATIONS, null),
      troubled: await round(sink, troubled, DESTINATIONS - 2, slow),
    });
  }
  const of = (side: 'healthy' | 'troubled', what: keyof Round) => rounds.map((one) => one[side][what]);
  report(`${name}, ${ROUNDS} rounds; ${placement()}`, [
    `all well: the last delivery              ${seconds(of('healthy', 'well'))}, whole run ${seconds(of('healthy', 'whole'))}`,
    `one dead, one slow: the last well one    ${seconds(of('troubled', 'well'))}, whole run ${seconds(of('troubled', 'whole'))}`,
    `the well ones, ratio of pairs            ${spread(rounds.map((one) => one.troubled.well / one.healthy.well))}`,
    `whole runs, ratio of pairs               ${spread(rounds.map((one) => one.troubled.whole / one.healthy.whole))}`,
    `the slow one alone takes at least ${SLOW} s for each of ${MESSAGES} messages over each connection; a connection to the dead one may take ${CONNECT}`,
    `CPU, one dead and one slow               ${median(of('troubled', 'cpuMs')).toFixed(0)} ms`,
  ]);
}

/**
 * One post to 1000 members. With VERP, from the queue `out`: as a whole process, and from claim to done, beside Postfix with the
 * same message and option in its queue. And from end to end:
 * from the connection to a held LMTP socket that no process serves yet to the last recipient at the mail server, with the start of the
 * receiver and of the run that the bell starts; what systemd takes to notice the bell is not in it (bench wake).
 */
import { readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { skipReason } from '../test/support/lab-needs.ts';
import { HOLDER_PROGRAMS, holdSocket } from '../test/support/socket-holder.ts';
import {
  BOUNCES,
  makeSendingSite,
  messageOf,
  runOut,
  type SendingSite,
  settle,
  timedRun,
  transportTo,
} from './delivery-site.ts';
import { ask, clientOf } from './lmtp.ts';
import { type PostfixRig, skipPostfix, startPostfix } from './postfix-rig.ts';
import { placed, placement } from './processors.ts';
import { type Sink, SMTP_SINK, startSink } from './sink.ts';
import { type BenchSite, PROGRAM, report, roundsOr, spread, within } from './support.ts';

const MEMBERS = 1000;
const ROUNDS = roundsOr(7);
const PATIENCE_MS = 60_000;

/** A list of so many. Its author is a member, so that his post is accepted. */
async function makeListSite(sink: Sink, verp: boolean): Promise<SendingSite> {
  const members = Array.from({ length: MEMBERS - 1 }, (_, index) => `member${index}@members.example`);
  return makeSendingSite(transportTo(sink.port), {
    members: ['ann@members.example', ...members],
    yaml: `verp: ${verp}\narchive: false\n`,
  });
}

/** The `ms=` of the entry's event: from claim to done. */
function claimToDone(log: string): number {
  const ms = /^<\d>entry-done (?=.*queue=out\b).* ms=(\d+)/m.exec(log)?.[1];
  if (ms === undefined) throw new Error(`no entry of out was done: ${log.slice(-2000)}`);
  return Number(ms);
}

/** @throws unless each member got it, by a sender address of his own */
function mustBePersonal(sink: Sink): void {
  const senders = sink.mustHave(MEMBERS);
  if (senders !== MEMBERS) throw new Error(`${senders} sender addresses for ${MEMBERS} members`);
}

async function fromOut(site: BenchSite, sink: Sink, number: number) {
  site.qrunner(['inject', 'friends', '--sender', 'ann@members.example'], messageOf(number).toString());
  await timedRun(site, ['--runner', 'in', '--once']);
  settle();
  sink.reset();
  const run = await runOut(site, PATIENCE_MS);
  mustBePersonal(sink);
  return { ms: run.ms, inside: claimToDone(run.log), cpuMs: run.cpuMs, transactions: sink.messages() };
}

/** From the queue manager's going on to the last recipient. */
async function fromPostfix(postfix: PostfixRig, sink: Sink, number: number) {
  const recipients = Array.from({ length: MEMBERS }, (_, index) => `member${index}@members.example`);
  await postfix.fillPersonal(messageOf(number), recipients, BOUNCES);
  settle();
  sink.reset();
  const cpuBefore = postfix.cpuMs();
  const startedAt = performance.now();
  postfix.release();
  const endedAt = await sink.until(MEMBERS, PATIENCE_MS);
  await postfix.empty();
  const cpuMs = postfix.cpuMs() - cpuBefore;
  mustBePersonal(sink);
  return { ms: endedAt - startedAt, cpuMs };
}

/** Resolves when a bell is rung, as a path unit would. */
function bellIn(site: BenchSite): Promise<void> {
  const directory = join(site.directory, 'spool/bell');
  return new Promise((resolve) => {
    const look = () => {
      if (readdirSync(directory).length === 0) return;
      watcher.close();
      resolve();
    };
    const watcher = watch(directory, look);
    look();
  });
}

/** Says it by LMTP. */
async function handIn(path: string, message: Buffer): Promise<void> {
  const client = clientOf(path);
  await client.reply();
  await ask(client, 'LHLO bench\r\n', '250');
  await ask(client, 'MAIL FROM:<ann@members.example>\r\n', '250');
  await ask(client, 'RCPT TO:<friends@lists.example>\r\n', '250');
  await ask(client, 'DATA\r\n', '354');
  await ask(client, `${message.toString().replaceAll('\n', '\r\n')}.\r\n`, '250');
  client.socket.end('QUIT\r\n');
}

async function fromEndToEnd(site: BenchSite, sink: Sink, number: number) {
  sink.reset();
  const receiver = [...placed('sender'), process.execPath, PROGRAM, 'lmtp'];
  await using held = await holdSocket(receiver, site.env);
  const rung = bellIn(site);
  const followed = sink.follow();
  const startedAt = performance.now();
  await within(PATIENCE_MS, 'handing in', handIn(held.path, messageOf(number)));
  const accepted = performance.now() - startedAt;
  await within(PATIENCE_MS, 'ringing', rung);
  await timedRun(site, ['--all', '--once'], PATIENCE_MS);
  const { firstAt, lastAt } = followed();
  sink.mustHave(MEMBERS);
  return { accepted, first: firstAt - startedAt, last: lastAt - startedAt };
}

type OutRound = Awaited<ReturnType<typeof fromOut>>;
type PostfixRound = Awaited<ReturnType<typeof fromPostfix>>;
type EndRound = Awaited<ReturnType<typeof fromEndToEnd>>;

const ms = (values: readonly number[]) => `${spread(values, 0)} ms`;

function outLines(rounds: readonly OutRound[], postfix: readonly PostfixRound[]): string[] {
  const beside = [
    `  Postfix with XVERP                 ${ms(postfix.map((round) => round.ms))}, CPU ${ms(postfix.map(({ cpuMs }) => cpuMs))}`,
    `  qrunner, whole process / Postfix   ${spread(postfix.map((round, index) => (rounds[index]?.ms ?? Number.NaN) / round.ms))} of the time, ${spread(postfix.map((round, index) => (rounds[index]?.cpuMs ?? Number.NaN) / round.cpuMs))} of the CPU`,
  ];
  return [
    `queue out, VERP, ${rounds[0]?.transactions} transactions`,
    `  whole process                      ${ms(rounds.map((round) => round.ms))}, CPU ${ms(rounds.map(({ cpuMs }) => cpuMs))}`,
    `  claim to done                      ${ms(rounds.map(({ inside }) => inside))} (aim: below 400)`,
    ...(postfix.length > 0 ? beside : []),
  ];
}

function endLines(name: string, rounds: readonly EndRound[]): string[] {
  return [
    `LMTP to the last recipient, ${name}`,
    `  connection to 250                  ${ms(rounds.map(({ accepted }) => accepted))}`,
    `  connection to the first delivery   ${ms(rounds.map(({ first }) => first))}`,
    `  connection to the last delivery    ${ms(rounds.map(({ last }) => last))} (aim: below 1000)`,
  ];
}

/** Runs the bench and prints its figures. */
export async function deliveryPost(): Promise<void> {
  const missing = skipReason({ programs: [SMTP_SINK, ...HOLDER_PROGRAMS] });
  if (missing !== false) return report('delivery of one post: not measured', [missing]);
  await using sink = await startSink({ before: placed('server') });
  await using postfix = skipPostfix() === false ? await startPostfix(sink.port) : null;
  using personal = await makeListSite(sink, true);
  using plain = await makeListSite(sink, false);
  const out: OutRound[] = [];
  const beside: PostfixRound[] = [];
  const ends: { readonly plain: EndRound; readonly personal: EndRound }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    out.push(await fromOut(personal, sink, 3 * round));
    if (postfix) beside.push(await fromPostfix(postfix, sink, 3 * round));
    ends.push({
      plain: await fromEndToEnd(plain, sink, 3 * round + 1),
      personal: await fromEndToEnd(personal, sink, 3 * round + 2),
    });
  }
  report(`one post of 4 KB to ${MEMBERS} members, ${ROUNDS} rounds; ${placement()}`, [
    ...outLines(out, beside),
    ...endLines(
      '100 recipients a transaction',
      ends.map((round) => round.plain),
    ),
    ...endLines(
      'VERP',
      ends.map((round) => round.personal),
    ),
  ]);
}

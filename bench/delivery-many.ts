/**
 * A full queue `out` drained to a mail server, beside Postfix that drains the same messages to the same server, and
 * what that server takes at the most. All of it is on the disk beforehand; each recipient of each round is looked for.
 */
import { skipReason } from '../test/support/lab-needs.ts';
import { bareClient, SESSIONS, smtpSource, TIMES } from './delivery-limit.ts';
import {
  BOUNCES,
  deliveriesOf,
  fillOut,
  makeSendingSite,
  messageOf,
  recipientsOf,
  runOut,
  type Shape,
  settle,
  shapeName,
  transportTo,
} from './delivery-site.ts';
import { type PostfixRig, skipPostfix, startPostfix } from './postfix-rig.ts';
import { placed, placement } from './processors.ts';
import { type Sink, SMTP_SINK, startSink } from './sink.ts';
import { type BenchSite, median, report, roundsOr, spread } from './support.ts';

const SHAPES: readonly Shape[] = [
  { messages: 1000, recipients: 1 },
  { messages: 100, recipients: 100 },
  { messages: 20, recipients: 1000 },
];
const ROUNDS = roundsOr(5);
const PATIENCE_MS = 120_000;

/** One drain: recipients per second, and processor time in all. */
type Drain = { readonly rate: number; readonly cpuMs: number };
type Round = {
  readonly qrunner: Drain & {
    /** Recipients per second from the first message to the last. */ readonly sending: number;
  };
  readonly postfix: Drain | null;
  readonly source: readonly number[];
  readonly bare: number;
};

const rateOf = (shape: Shape, ms: number) => (deliveriesOf(shape) / ms) * 1000;

async function drainByQrunner(site: BenchSite, sink: Sink, shape: Shape): Promise<Round['qrunner']> {
  for (let number = 0; number < shape.messages; number++) {
    fillOut(site, messageOf(number), recipientsOf(shape, number));
  }
  settle();
  sink.reset();
  const followed = sink.follow();
  const run = await runOut(site, PATIENCE_MS);
  const { firstAt, lastAt } = followed();
  sink.mustHave(deliveriesOf(shape));
  return {
    rate: rateOf(shape, run.ms),
    cpuMs: run.cpuMs,
    sending: rateOf(shape, lastAt - firstAt),
  };
}

async function drainByPostfix(postfix: PostfixRig, sink: Sink, shape: Shape): Promise<Drain> {
  const messages = Array.from({ length: shape.messages }, (_, number) => ({
    message: messageOf(number),
    recipients: recipientsOf(shape, number),
  }));
  await postfix.fill(messages, BOUNCES);
  settle();
  sink.reset();
  const cpuBefore = postfix.cpuMs();
  const startedAt = performance.now();
  postfix.release();
  const endedAt = await sink.until(shape.messages * postfix.transactions(shape.recipients), PATIENCE_MS);
  await postfix.empty();
  const cpuMs = postfix.cpuMs() - cpuBefore;
  sink.mustHave(deliveriesOf(shape));
  return { rate: rateOf(shape, endedAt - startedAt), cpuMs };
}

const rates = (values: readonly number[]) => `${spread(values, 0)} recipients/s`;

function linesOf(shape: Shape, rounds: readonly Round[]): string[] {
  const cpu = (values: readonly Drain[]) =>
    `CPU ${spread(values.map(({ cpuMs }) => cpuMs / 1000))} s, ${((median(values.map(({ cpuMs }) => cpuMs)) / deliveriesOf(shape)) * 1000).toFixed(0)} µs a recipient`;
  const qrunner = rounds.map((round) => round.qrunner);
  const postfix = rounds.flatMap((round) => round.postfix ?? []);
  const limits = SESSIONS.map((_, index) => rounds.map(({ source }) => source[index] ?? 0));
  const best = limits.reduce((one, other) => (median(one) > median(other) ? one : other));
  const bare = rounds.map((round) => round.bare);
  const ratio = (below: readonly number[]) =>
    spread(qrunner.map(({ rate }, index) => rate / (below[index] ?? Number.NaN)));
  const lines = [
    shapeName(shape),
    `  qrunner, whole process           ${rates(qrunner.map(({ rate }) => rate))}, ${cpu(qrunner)}`,
    `  qrunner, first to last message   ${rates(qrunner.map(({ sending }) => sending))}`,
  ];
  if (postfix.length > 0) {
    const rate = postfix.map((drain) => drain.rate);
    lines.push(
      `  Postfix                          ${rates(rate)}, ${cpu(postfix)}`,
      `  qrunner / Postfix                ${ratio(rate)} of the recipients/s, ${spread(qrunner.map(({ cpuMs }, index) => cpuMs / (postfix[index]?.cpuMs ?? Number.NaN)))} of the CPU`,
    );
  }
  for (const [index, sessions] of SESSIONS.entries()) {
    lines.push(`  smtp-source -s ${String(sessions).padEnd(2)}                ${rates(limits[index] ?? [])}`);
  }
  return [
    ...lines,
    `  bare client, pipelined           ${rates(bare)}`,
    `  qrunner / best smtp-source       ${ratio(best)}`,
    `  qrunner / bare client            ${ratio(bare)}`,
  ];
}

/** Runs the bench and prints its figures. */
export async function deliveryMany(): Promise<void> {
  const missing = skipReason({ programs: [SMTP_SINK] });
  if (missing !== false) return report('delivery of many: not measured', [missing]);
  const noPostfix = skipPostfix();
  await using sink = await startSink({ before: placed('server') });
  using site = await makeSendingSite(transportTo(sink.port));
  await using postfix = noPostfix === false ? await startPostfix(sink.port) : null;
  const lines: string[] = [];
  for (const shape of SHAPES) {
    const rounds: Round[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const source: number[] = [];
      const qrunner = await drainByQrunner(site, sink, shape);
      const other = postfix && (await drainByPostfix(postfix, sink, shape));
      for (const sessions of SESSIONS) source.push(await smtpSource(sink, shape, sessions));
      rounds.push({ qrunner, postfix: other, source, bare: await bareClient(sink, shape) });
    }
    lines.push(...linesOf(shape, rounds));
  }
  lines.push(postfix ? `Postfix: ${postfix.settings}` : `Postfix: not measured, ${noPostfix}`);
  lines.push(`smtp-source and the bare client send ${TIMES} times the messages`);
  report(`messages x recipients to one mail server, 4 KB, ${ROUNDS} rounds; ${placement()}`, lines);
}

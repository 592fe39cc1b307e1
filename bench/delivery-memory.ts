/** Peak memory of a run over the queue `out`: many recipients, and a large message to many. */
import { skipReason } from '../test/support/lab-needs.ts';
import {
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
import { placed } from './processors.ts';
import { type Sink, SMTP_SINK, startSink } from './sink.ts';
import { type BenchSite, report, roundsOr, runProcess, spread } from './support.ts';

const ROUNDS = roundsOr(3);
const LARGE_BYTES = 25 * 1024 * 1024;
const MANY: Shape = { messages: 20, recipients: 1000 };
const LARGE: Shape = { messages: 1, recipients: 1000 };
/** Recipients of one transaction, as in a site that says nothing else. */
const LIMIT = 100;

async function peakMb(site: BenchSite, sink: Sink, shape: Shape, bodyBytes?: number) {
  for (let number = 0; number < shape.messages; number++) {
    fillOut(site, messageOf(number, bodyBytes), recipientsOf(shape, number));
  }
  settle();
  sink.reset();
  const { peakKb, ms } = await runOut(site);
  const transactions = shape.messages * Math.ceil(shape.recipients / LIMIT);
  if (sink.messages() !== transactions)
    throw new Error(`${sink.messages()} of ${transactions} transactions came`);
  return { peakMb: peakKb / 1024, ms };
}

/** Runs the bench and prints its figures. */
export async function deliveryMemory(): Promise<void> {
  const missing = skipReason({ programs: [SMTP_SINK, '/usr/bin/time'] });
  if (missing !== false) return report('memory of delivery: not measured', [missing]);
  // Recorded, the large message would fill the memory.
  await using sink = await startSink({ before: placed('server'), record: false });
  using site = await makeSendingSite(transportTo(sink.port));
  const many: Awaited<ReturnType<typeof peakMb>>[] = [];
  const large: Awaited<ReturnType<typeof peakMb>>[] = [];
  const bare: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    many.push(await peakMb(site, sink, MANY));
    large.push(await peakMb(site, sink, LARGE, LARGE_BYTES));
    bare.push((runProcess([process.execPath, '-e', '0'], site.env).peakKb ?? Number.NaN) / 1024);
  }
  const line = (rounds: typeof many) =>
    `${spread(
      rounds.map((round) => round.peakMb),
      0,
    )} MB, in ${spread(rounds.map(({ ms }) => ms / 1000))} s`;
  report(`peak memory of a run over out, ${ROUNDS} rounds (aim: below 120 MB)`, [
    `${shapeName(MANY)} recipients, 4 KB   ${line(many)}`,
    `${shapeName(LARGE)} recipients, 25 MB   ${line(large)}`,
    `node -e 0                   ${spread(bare, 0)} MB`,
  ]);
}

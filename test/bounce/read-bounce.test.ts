import t from 'tap';
import { DETECTORS } from '../../lib/bounce/detectors.ts';
import { readBounce } from '../../lib/bounce/read-bounce.ts';
import type { BounceReading } from '../../lib/bounce/reading.ts';
import { readCorpus } from './corpus.ts';

const corpus = readCorpus();

/** A reading in the form of an expectation; of a diagnostic only whether it says what it must. */
function comparable(reading: BounceReading, says: readonly (string | null)[]): unknown {
  if (reading.kind !== 'bounce') return reading;
  const recipients = reading.recipients.map(({ diagnostic, ...rest }, index) => {
    const wanted = says[index] ?? null;
    return { ...rest, says: wanted !== null && diagnostic?.includes(wanted) ? wanted : diagnostic };
  });
  return { ...reading, recipients };
}

await t.test('each message of the corpus', async (t) => {
  t.ok(corpus.length >= 70, `${corpus.length} messages`);
  for (const { name, bytes, expected } of corpus) {
    const { sender, member, ...wanted } = expected;
    const reading = await readBounce(bytes, { sender, member });
    const says = (expected.recipients ?? []).map((recipient) => recipient.says);
    t.strictSame(comparable(reading, says), wanted, name);
  }
});

await t.test('each detector is in the corpus, twice at least', async (t) => {
  for (const { name } of DETECTORS) {
    const count = corpus.filter(
      ({ expected }) => expected.kind === 'bounce' && expected.detector === name,
    ).length;
    t.ok(count >= 2, `${name}: ${count}`);
  }
  for (const kind of ['delayed', 'auto-reply', 'challenge', 'receipt', 'complaint', 'unrecognised'])
    t.ok(corpus.filter(({ expected }) => expected.kind === kind).length >= 4, kind);
});

await t.test('only the first megabyte is looked at', async (t) => {
  const [sample] = corpus.filter(({ name }) => name === 'qmail-rejected');
  const bytes = sample?.bytes ?? Buffer.alloc(0);
  const started = Date.now();
  const long = await readBounce(Buffer.concat([bytes, Buffer.alloc(25 * 1024 * 1024, 'x\n')]), {
    sender: '',
    member: null,
  });
  t.match(long, { kind: 'bounce', detector: 'qmail' });
  t.ok(Date.now() - started < 5000, 'soon');
  const late = Buffer.concat([Buffer.alloc(1024 * 1024, 'x\n'), bytes]);
  t.same(await readBounce(late, { sender: '', member: null }), { kind: 'unrecognised' });
});

/** Messages that are broken, cut off or made to do harm: nothing throws, takes long, or names a stranger. */
import { domainToUnicode } from 'node:url';
import t from 'tap';
import { readBounce } from '../../lib/bounce/read-bounce.ts';
import type { BounceReading } from '../../lib/bounce/reading.ts';
import { parseMime } from '../../lib/mail/parse-mime.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { readCorpus, type Sample } from './corpus.ts';

const seed = Number(process.env.QRUNNER_SEED ?? 20261123);
const corpus = readCorpus();

const addressesOf = (reading: BounceReading): readonly string[] => {
  if (reading.kind === 'bounce') return reading.recipients.map(({ address }) => address);
  return reading.kind === 'complaint' ? reading.addresses : [];
};

/** Everything an address may stand in: the bytes, and the parts decoded; in lower case, escapes undone. */
async function haystack(bytes: Buffer): Promise<string> {
  const email = await parseMime(bytes);
  const parts = (email?.attachments ?? []).map(({ content }) =>
    typeof content === 'string' ? content : Buffer.from(new Uint8Array(content)).toString(),
  );
  const text = [bytes.toString('latin1'), bytes.toString(), email?.text ?? '', email?.html ?? '', ...parts]
    .join('\n')
    .replace(/\\x\{([0-9a-f]{2,6})\}/gi, (_, hex: string) =>
      String.fromCodePoint(Math.min(Number.parseInt(hex, 16), 0x10ffff)),
    )
    .replace(/\+2B/g, '+')
    .replace(/\+3D/g, '=')
    .replace(/\+40/g, '@')
    .toLowerCase();
  // Domains are kept as IDNA maps them: º is an o.
  return `${text.normalize('NFC')}\n${text.normalize('NFKC')}`;
}

/** How many addresses were looked up: a test that finds none proves nothing. */
let lookedUp = 0;

/** Whether an address stands in the message, in one of the forms of its domain, or is the member's; or (VERP) in parts. */
async function strangers(reading: BounceReading, bytes: Buffer, { expected }: Sample): Promise<string[]> {
  const named = addressesOf(reading).filter((address) => address !== expected.member);
  if (named.length === 0) return [];
  lookedUp += named.length;
  const text = await haystack(bytes);
  return named.filter((address) => {
    const at = address.lastIndexOf('@');
    const [local, domain] = [address.slice(0, at).toLowerCase(), address.slice(at + 1)];
    const forms = [domain, domainToUnicode(domain)];
    return !forms.some((form) => [`${local}@${form}`, `${local}=${form}`].some((one) => text.includes(one)));
  });
}

/** Reads a mutilated sample and says what is wrong with the reading. */
async function faults(sample: Sample, bytes: Buffer, how: string): Promise<string[]> {
  const { sender, member } = sample.expected;
  try {
    const named = await strangers(await readBounce(bytes, { sender, member }), bytes, sample);
    return named.map((address) => `${sample.name}, ${how}: names ${address}`);
  } catch (error) {
    return [`${sample.name}, ${how}: ${String(error)}`];
  }
}

await t.test('cut off behind every tenth line', async (t) => {
  for (const sample of corpus) {
    const lines = sample.bytes.toString('latin1').split(/(?<=\n)/);
    const wrong: string[] = [];
    for (let count = 0; count < lines.length; count += 10) {
      const cut = Buffer.from(lines.slice(0, count).join(''), 'latin1');
      wrong.push(...(await faults(sample, cut, `${count} lines`)));
    }
    t.same(wrong, [], sample.name);
  }
  t.ok(lookedUp > 100, `${lookedUp} addresses`);
});

await t.test(`bytes changed, seed ${seed}`, async (t) => {
  const random = seededRandom(seed);
  for (const sample of corpus) {
    if (sample.bytes.length === 0) continue;
    const wrong: string[] = [];
    for (let round = 0; round < 12; round++) {
      const bytes = Buffer.from(sample.bytes);
      for (let flips = 0; flips < 1 + round * 4; flips++)
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      wrong.push(...(await faults(sample, bytes, `round ${round}`)));
    }
    t.same(wrong, [], sample.name);
  }
  t.ok(lookedUp > 400, `${lookedUp} addresses`);
});

await t.test('line ends of either kind say the same', async (t) => {
  for (const { name, bytes, expected } of corpus) {
    const { sender, member } = expected;
    const lf = bytes.toString('latin1').replaceAll('\r\n', '\n');
    const crlf = Buffer.from(lf.replaceAll('\n', '\r\n'), 'latin1');
    const context = { sender, member };
    t.same(await readBounce(crlf, context), await readBounce(Buffer.from(lf, 'latin1'), context), name);
  }
});

await t.test('made to take long', async (t) => {
  const limit = 1024 * 1024;
  const head = 'From: MAILER-DAEMON@x.example\nX-Failed-Recipients: a@x.example\nSubject: failed\n';
  const plain = `${head}\n`;
  const html = `${head}Content-Type: text/html\n\n`;
  const report = `${head}Content-Type: message/delivery-status\n\n`;
  const cases: [string, string, string][] = [
    ['at signs', plain, '@'],
    ['addresses', plain, 'a@b.'],
    ['brackets', plain, '<'],
    ['blanks', plain, ' '],
    ['empty lines', plain, '\n'],
    ['short lines', plain, 'a\n'],
    ['recipients', plain, '<a@b.example>:\n550 no\n'],
    ['hyphens', plain, '-'],
    ['hyphens in lines', plain, `${'- '.repeat(200)}\n`],
    ['dots', plain, '5.1.'],
    ['digits', plain, '5'],
    ['words', plain, 'your message to '],
    ['names of hosts', plain, `${'a.'.repeat(480)}\n`],
    ['tags', html, '<p>'],
    ['open tags', html, '<a '],
    ['entities', html, '&#x'],
    ['groups', report, 'Final-Recipient: rfc822; a@b.example\nAction: failed\n\n'],
    ['fields', report, 'Status:'],
    ['blanks in a group', report, '\n \t'],
    ['quotes in From', 'From: "', '"\\'],
    ['encoded words', 'Subject: ', '=?utf-8?Q?=?= '],
  ];
  for (const [name, start, piece] of cases) {
    const bytes = Buffer.from(start + piece.repeat(limit / piece.length), 'latin1');
    const started = Date.now();
    const reading = await readBounce(bytes, { sender: '', member: 'ann@example.org' });
    const took = Date.now() - started;
    t.ok(took < 3000, `${name}: ${took} ms, ${reading.kind}`);
  }
});

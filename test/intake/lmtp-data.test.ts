import t from 'tap';
import { dataDecoder } from '../../lib/intake/lmtp-data.ts';

/** All that comes out, and what was left of the input. */
function decodeAll(pieces: readonly Buffer[]) {
  const decoder = dataDecoder();
  const out: Buffer[] = [];
  const left: Buffer[] = [];
  for (const given of pieces) {
    // It decodes in place.
    const piece = Buffer.from(given);
    if (decoder.ended()) {
      left.push(piece);
      continue;
    }
    const { bytes, used } = decoder.decode(piece);
    out.push(bytes);
    left.push(piece.subarray(used));
  }
  return {
    text: Buffer.concat(out).toString('latin1'),
    left: Buffer.concat(left).toString('latin1'),
    ended: decoder.ended(),
    size: decoder.size(),
    longest: decoder.longestLine(),
  };
}

/** Sent, stored, size by RFC 1870, left over. */
const CASES: readonly (readonly [string, string, string, number, string])[] = [
  ['nothing', '.\r\n', '', 0, ''],
  ['a line', 'a\r\n.\r\n', 'a\n', 3, ''],
  ['what follows the end', 'a\r\n.\r\nQUIT\r\n', 'a\n', 3, 'QUIT\r\n'],
  ['an empty line', '\r\n.\r\n', '\n', 2, ''],
  ['a line of a dot', '..\r\n.\r\n', '.\n', 3, ''],
  ['lines with dots', '.a\r\n..b\r\n...c\r\na.b.\r\n.\r\n', 'a\n.b\n..c\na.b.\n', 18, ''],
  ['a bare LF ends no line', 'a\n.\nb\r\n.\r\n', 'a\n.\nb\n', 7, ''],
  ['nor does LF . CR LF', 'a\n.\r\nb\r\n.\r\n', 'a\n.\nb\n', 8, ''],
  ['nor CR LF . LF', 'a\r\n.\nb\r\n.\r\n', 'a\n\nb\n', 7, ''],
  ['nor CR LF . CR', 'a\r\n.\rb\r\n.\r\n', 'a\n\rb\n', 7, ''],
  ['nor CR . CR', 'a\r.\rb\r\n.\r\n', 'a\r.\rb\n', 7, ''],
  ['nor CR LF . CR CR LF', 'a\r\n.\r\r\n.\r\n', 'a\n\r\n', 6, ''],
  ['CR before CR LF', 'a\r\r\n.\r\n', 'a\r\n', 4, ''],
  ['CRs', '\r\r\r\r\n.\r\n', '\r\r\r\n', 5, ''],
  ['NUL and 8 bits', '\0\xff\x80\r\n\xe9\0.\r\n.\r\n', '\0\xff\x80\n\xe9\0.\n', 10, ''],
  ['a CR that was held is not lost', 'a\rb\r\n.\r\n', 'a\rb\n', 5, ''],
];

await t.test('what is sent and what is stored, wherever it is cut', async (t) => {
  for (const [name, sent, stored, size, left] of CASES) {
    const bytes = Buffer.from(sent, 'latin1');
    const wanted = { text: stored, left, ended: true, size };
    t.match(decodeAll([bytes]), wanted, name);
    t.match(decodeAll([...bytes].map((byte) => Buffer.from([byte]))), wanted, `${name}, byte by byte`);
    for (let cut = 1; cut < bytes.length; cut++) {
      t.match(decodeAll([bytes.subarray(0, cut), bytes.subarray(cut)]), wanted, `${name}, cut at ${cut}`);
    }
  }
});

await t.test('without its end it has not ended', async (t) => {
  for (const sent of ['', '.', '.\r', 'a', 'a\r\n', 'a\r\n.', 'a\r\n.\r', 'a\n.\n', '\n.\r\n']) {
    t.equal(decodeAll([Buffer.from(sent)]).ended, false, JSON.stringify(sent));
  }
});

await t.test('random bytes, sent as a client must, come out as they were', async (t) => {
  let seed = 20_261_123;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  const alphabet = Buffer.from('..\n\n\n\r\rab\0\xff', 'latin1');
  for (let round = 0; round < 500; round++) {
    const stored = Buffer.from(
      Array.from({ length: random(40) }, () => alphabet[random(alphabet.length)] ?? 0),
    );
    // A client sends each LF as CR LF, so CR LF in the message goes out as CR CR LF, and comes in as CR LF.
    const lines = stored.toString('latin1').split('\n');
    if (lines.at(-1) === '') lines.pop();
    const sent = lines.map((line) => `${line.startsWith('.') ? '.' : ''}${line}\r\n`).join('');
    const bytes = Buffer.from(`${sent}.\r\n`, 'latin1');
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      const length = 1 + random(6);
      pieces.push(bytes.subarray(at, at + length));
      at += length;
    }
    const { text, ended, size } = decodeAll(pieces);
    const wanted = lines.map((line) => `${line}\n`).join('');
    if (text !== wanted || !ended || size !== wanted.length + lines.length) {
      t.fail(JSON.stringify({ stored: stored.toString('latin1'), text, ended, size }));
    }
  }
  t.pass('500 messages');
});

await t.test('the longest line, without its end', async (t) => {
  t.equal(decodeAll([Buffer.from('abc\r\nabcde\r\na\r\n.\r\n')]).longest, 5);
  t.equal(decodeAll([Buffer.from('abc\nabc'), Buffer.from('de\r\n.\r\n')]).longest, 9, 'a bare LF ends none');
});

await t.test('30 MB in a moment', async (t) => {
  const decoder = dataDecoder();
  const piece = Buffer.from(`${'x'.repeat(76)}\r\n`.repeat(840));
  const started = performance.now();
  for (let sent = 0; sent < 30 * 1024 * 1024; sent += piece.length) decoder.decode(Buffer.from(piece));
  const ms = performance.now() - started;
  t.comment(`${ms.toFixed(0)} ms`);
  t.ok(ms < 5_000);
});

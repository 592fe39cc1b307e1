import t from 'tap';
import {
  appendFields,
  EMPTY_HEADER,
  envelopeSender,
  exchangeHead,
  getField,
  getFields,
  type Header,
  hasField,
  headerBytes,
  parseHeader,
  removeFields,
  replaceField,
  stripEnvelopeLines,
} from '../../lib/mail/header.ts';

const parse = (text: string) => parseHeader(Buffer.from(text, 'latin1'));
const text = (header: Header) => headerBytes(header).toString('latin1');

const exchange = (message: string) => {
  const bytes = Buffer.from(message, 'latin1');
  const { head, tailFrom } = exchangeHead(bytes, appendFields(parseHeader(bytes), [['N', '1']]));
  return Buffer.concat([head, bytes.subarray(tailFrom)]).toString('latin1');
};

await t.test('bytes that nobody changes stay identical', async (t) => {
  for (const head of [
    'A: 1\nB: 2\n',
    'A: 1\r\n\tfolded\r\n  more\r\nB:2\r\n',
    'From x@y Mon\nA : odd\nB:\n',
    'A: \xff\xfe\0 \xc3\xa0\nB: \x80\n',
    'A: no end',
    'A: 1\r\nB: mixed\nC: 3\r\n',
    'A: \n \n x\n',
  ]) {
    t.equal(text(parse(head)), head, JSON.stringify(head));
    t.equal(text(removeFields(parse(head), ['Z'])), head);
    t.equal(text(appendFields(parse(head), [])), head);
    const message = Buffer.from(`${head}${head.endsWith('\n') ? '\n' : ''}body`, 'latin1');
    t.equal(text(parseHeader(message)), head.endsWith('\n') ? head : `${head}body`, 'out of a whole message');
  }
});

await t.test('reading', async (t) => {
  const header = parse(
    'Subject:  a\r\n\tb \r\nX: 1\r\nx: 2\r\nU: Gr\xc3\xbc\xc3\x9fe \xc3\xa0\r\nL: Gr\xfc\xdfe\r\nE:\r\n',
  );
  t.equal(getField(header, 'subject'), 'a\tb');
  t.same(getFields(header, 'X'), ['1', '2']);
  t.equal(getField(header, 'U'), 'Grüße à', 'UTF-8');
  t.equal(getField(header, 'L'), 'Grüße', 'else latin1');
  t.equal(getField(header, 'E'), '');
  t.equal(getField(header, 'nope'), null);
  t.same(getFields(header, 'nope'), []);
  t.ok(hasField(header, 'e'));
  t.notOk(hasField(header, 'subjec'));
  t.equal(getField(parse('From a@b Mon\nA: 1\n'), ''), null, 'an mbox line has no name');
  t.equal(getField(parse('A : 1\n'), 'A'), '1', 'blank before the colon');
});

await t.test('removing', async (t) => {
  t.equal(text(removeFields(parse('A: 1\n x\nB: 2\na: 3\nC: \xff\n'), ['A', 'zz'])), 'B: 2\nC: \xff\n');
});

await t.test('appending', async (t) => {
  t.equal(
    text(
      appendFields(parse('A: 1\r\n'), [
        ['B', '2'],
        ['B', '3'],
      ]),
    ),
    'A: 1\r\nB: 2\r\nB: 3\r\n',
  );
  t.equal(
    text(appendFields(parse('A: 1\nB: x'), [['C', '2']])),
    'A: 1\nB: x\nC: 2\n',
    'a last line without end',
  );
  t.equal(text(appendFields(EMPTY_HEADER, [['C', 'ü']])), 'C: \xc3\xbc\r\n');
  t.throws(
    () => appendFields(EMPTY_HEADER, [['A', 'x\r\nBcc: evil@example.org']]),
    /cannot add a header field/,
  );
  t.throws(() => appendFields(EMPTY_HEADER, [['A', 'x\0']]), /NUL/);
  t.throws(() => appendFields(EMPTY_HEADER, [['A: x\nB', 'y']]), /is not the name/);
});

await t.test('replacing', async (t) => {
  t.equal(text(replaceField(parse('A: 1\nB: 2\na: 3\nC: \xff\n'), 'A', 'new')), 'A: new\nB: 2\nC: \xff\n');
  t.equal(text(replaceField(parse('B: 2\n'), 'A', 'new')), 'B: 2\nA: new\n');
  t.equal(text(replaceField(parse('B: 2\nA: x'), 'B', 'new')), 'B: new\nA: x\n');
  t.throws(() => replaceField(parse('A: 1\n'), 'A', 'x\ny'), /cannot add/);
});

await t.test('exchangeHead gives the message with another header', async (t) => {
  t.equal(exchange('A: 1\n\nbody\0\xff'), 'A: 1\nN: 1\n\nbody\0\xff');
  t.equal(exchange('A: 1\n\r\nbody'), 'A: 1\nN: 1\n\r\nbody', 'the empty line is kept as it was');
  t.equal(exchange('just text\n'), 'N: 1\n\njust text\n', 'no header section');
  t.equal(exchange('A: 1\ntext\n'), 'A: 1\nN: 1\n\ntext\n', 'no empty line');
  t.equal(exchange('A: 1'), 'A: 1\nN: 1\n\n', 'header only');
  t.equal(exchange('\r\nbody'), 'N: 1\r\n\r\nbody', 'empty header section');
});

await t.test('envelope lines', async (t) => {
  const header = parse('From a@b.org Mon Nov 23\nReturn-Path: <c@d.org>\nReturn-path: <x@y>\nA: 1\n');
  t.equal(text(stripEnvelopeLines(header)), 'A: 1\n');
  t.equal(envelopeSender(header), 'c@d.org', 'Return-Path goes first');
  t.equal(envelopeSender(parse('From a@b.org Mon Nov 23\nA: 1\n')), 'a@b.org');
  t.equal(envelopeSender(parse('From MAILER-DAEMON Mon Nov 23\n')), '');
  t.equal(envelopeSender(parse('From root Mon Nov 23\n')), null, 'no domain: not told');
  t.equal(envelopeSender(parse('Return-Path: <>\n')), '');
  t.equal(envelopeSender(parse('Return-Path: c@d.org\n')), 'c@d.org');
  t.equal(envelopeSender(parse('Return-Path: <@relay.org,@r2.org:c@d.org>\n')), 'c@d.org', 'source route');
  t.equal(envelopeSender(parse('Return-Path: nonsense here\n')), null);
  t.equal(envelopeSender(parse('From: a@b.org\n')), null, 'From: is not the envelope');
  const plain = parse('A: 1\n');
  t.equal(stripEnvelopeLines(plain), plain, 'nothing to do');
});

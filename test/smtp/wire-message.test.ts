import { Readable } from 'node:stream';
import t from 'tap';
import { wireForm, wireMessage } from '../../lib/smtp/wire-message.ts';
import { brokenMessage, messageOf } from '../deliver/fake-server.ts';

const turned = (...pieces: string[]): string => {
  const form = wireForm();
  const bytes = pieces.map((piece) => form.add(Buffer.from(piece, 'latin1')));
  return Buffer.concat([...bytes, form.end()]).toString('latin1');
};

await t.test('line ends and dots', async (t) => {
  const rows: readonly [string, string][] = [
    ['', '.\r\n'],
    ['a', 'a\r\n.\r\n'],
    ['a\n', 'a\r\n.\r\n'],
    ['a\r\n', 'a\r\n.\r\n'],
    ['a\r', 'a\r\n.\r\n'],
    ['a\rb\nc\r\nd', 'a\r\nb\r\nc\r\nd\r\n.\r\n'],
    ['\n\n', '\r\n\r\n.\r\n'],
    ['\r\r', '\r\n\r\n.\r\n'],
    ['\r\r\n', '\r\n\r\n.\r\n'],
    ['.', '..\r\n.\r\n'],
    ['..', '...\r\n.\r\n'],
    ['a.b\n.c\r\n.d\r.e', 'a.b\r\n..c\r\n..d\r\n..e\r\n.\r\n'],
    ['a\n.\nb', 'a\r\n..\r\nb\r\n.\r\n'],
    ['a\r.\rb', 'a\r\n..\r\nb\r\n.\r\n'],
    ['\0\xff\n', '\0\xff\r\n.\r\n'],
  ];
  for (const [message, wanted] of rows) {
    t.equal(turned(message), wanted, JSON.stringify(message));
    t.equal(turned(...message.split('')), wanted, `${JSON.stringify(message)}, byte by byte`);
  }
});

await t.test('no message ends before its end', async (t) => {
  const letters = ['\r', '\n', '.', 'x'];
  for (let number = 0; number < 4 ** 6; number++) {
    let message = '';
    for (let rest = number, place = 0; place < 6; place++, rest = Math.floor(rest / 4)) {
      message += letters[rest % 4] ?? '';
    }
    const wire = turned(message.slice(0, 3), message.slice(3));
    const inside = `\r\n${wire.slice(0, -3)}`;
    if (/\r\n\.\r\n|[^\r]\n|\r[^\n]|[\r\n]\.(?!\.)/.test(inside) || !wire.endsWith('.\r\n')) {
      t.fail(`${JSON.stringify(message)} became ${JSON.stringify(wire)}`);
    }
    const back = wire.slice(0, -3).replace(/(^|\r\n)\./g, '$1');
    const lines = message.replace(/\r\n|\r|\n/g, '\r\n');
    if (back !== lines && back !== `${lines}\r\n`) t.fail(`${JSON.stringify(message)} came back otherwise`);
  }
});

await t.test('a small message is read once', async (t) => {
  let reads = 0;
  const message = {
    id: 'x',
    size: 9,
    stream: () => {
      reads++;
      return Readable.from([Buffer.from('a\n.b\n'), Buffer.from('c')]);
    },
  };
  const [first, second] = await Promise.all([wireMessage(message), wireMessage(message)]);
  t.equal(first.bytes.toString(), 'a\r\n..b\r\nc\r\n.\r\n');
  t.equal(first.size, 'a\r\n.b\r\nc\r\n'.length, 'RFC 1870 counts no dot that was put in');
  t.equal(second, first);
  t.equal(wireMessage(message), first, 'at once');
  t.equal(reads, 1);
  t.not(await wireMessage(messageOf('a\n')), first);
});

await t.test('one that could not be read is read again', async (t) => {
  const broken = brokenMessage();
  await t.rejects(Promise.resolve(wireMessage(broken)), /EIO/);
  await t.rejects(Promise.resolve(wireMessage(broken)), /EIO/);
});

import { PassThrough } from 'node:stream';
import t from 'tap';
import { dataDecoder } from '../../lib/intake/lmtp-data.ts';
import { ClientGone, openInput } from '../../lib/intake/lmtp-input.ts';

/** An input, the stream that feeds it, and how often it was about to wait. */
function inputOf(over = () => false) {
  const stream = new PassThrough();
  const waits = { count: 0 };
  const input = openInput(
    stream,
    () => {
      waits.count++;
      return Promise.resolve();
    },
    over,
  );
  return { stream, input, waits };
}

await t.test('lines, wherever they are cut', async (t) => {
  const text = 'LHLO me\r\n\r\nNO\rOP\n\r\r\nlast\r\n';
  for (const length of [1, 2, 3, 100]) {
    const { stream, input } = inputOf();
    const lines: (string | null)[] = [];
    for (let at = 0; at < text.length; at += length) stream.write(text.slice(at, at + length));
    stream.end('no end');
    for (let line = await input.line(100); line !== null; line = await input.line(100)) lines.push(line.text);
    t.same(lines, ['LHLO me', '', 'NO\rOP\n\r', 'last'], `pieces of ${length}`);
  }
});

await t.test('a line that is too long is passed over, and the next one is not', async (t) => {
  for (const length of [1, 7, 1000]) {
    const { stream, input } = inputOf();
    const text = `${'x'.repeat(9)}\r\n${'y'.repeat(8)}\r\n${'z'.repeat(300)}\r\nNOOP\r\n`;
    for (let at = 0; at < text.length; at += length) stream.write(text.slice(at, at + length));
    stream.end();
    const lines: (string | null)[] = [];
    for (let line = await input.line(10); line !== null; line = await input.line(10)) lines.push(line.text);
    t.same(lines, [null, 'yyyyyyyy', null, 'NOOP'], `pieces of ${length}`);
  }
});

await t.test('it waits only when there is no line left', async (t) => {
  const { stream, input, waits } = inputOf();
  stream.write('a\r\nb\r\nc\r\n');
  await input.line(10);
  const before = waits.count;
  await input.line(10);
  await input.line(10);
  t.equal(waits.count, before);
  stream.write('d\r\n');
  await input.line(10);
  t.equal(waits.count, before + 1);
});

await t.test('a message between two lines', async (t) => {
  const { stream, input } = inputOf();
  stream.end('DATA\r\nTea\r\n.\r\nQUIT\r\n');
  t.same(await input.line(100), { text: 'DATA' });
  const decoder = dataDecoder();
  t.equal(String(await input.data(decoder)), 'Tea\n');
  t.equal(await input.data(decoder), null);
  t.same(await input.line(100), { text: 'QUIT' });
  t.equal(await input.line(100), null);
});

await t.test('the end in the middle of a message', async (t) => {
  const { stream, input } = inputOf();
  stream.end('Tea\r\n');
  const decoder = dataDecoder();
  await input.data(decoder);
  await t.rejects(input.data(decoder), ClientGone);
});

await t.test('when it is over, nothing more counts', async (t) => {
  let over = false;
  const { stream, input } = inputOf(() => over);
  stream.write('a\r\n');
  await input.line(10);
  over = true;
  stream.write('b\r\n');
  t.equal(await input.line(10), null);
  stream.end('c\r\n');
  await input.discard();
  t.ok(stream.readableEnded);
});

await t.test('what is no UTF-8 is not taken for something else', async (t) => {
  const { stream, input } = inputOf();
  stream.write(Buffer.from('j\xf6rg\r\n', 'latin1'));
  stream.write('jörg\r\n');
  t.same(await input.line(10), { text: 'j\ufffdrg' });
  t.same(await input.line(10), { text: 'jörg' });
});

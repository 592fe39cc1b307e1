import t from 'tap';
import { articleOnWire } from '../../lib/deliver/nntp-article.ts';

await t.test('line ends, dots, the end', async (t) => {
  const rows: readonly [string, string][] = [
    ['a\nb', 'a\r\nb\r\n.\r\n'],
    ['a\r\nb\r\n', 'a\r\nb\r\n.\r\n'],
    ['a\rb\r', 'a\r\nb\r\n.\r\n'],
    ['a\r\r\nb\n\r', 'a\r\n\r\nb\r\n\r\n.\r\n'],
    ['.\n..\n...x.\na.', '..\r\n...\r\n....x.\r\na.\r\n.\r\n'],
    ['a\r.\rb', 'a\r\n..\r\nb\r\n.\r\n'],
    ['h\xf6\0\x85\n', 'h\xf6\0\x85\r\n.\r\n'],
    ['', '\r\n.\r\n'],
  ];
  for (const [article, wire] of rows) {
    t.equal(articleOnWire(Buffer.from(article, 'latin1')).toString('latin1'), wire, JSON.stringify(article));
  }
});

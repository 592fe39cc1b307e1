import t from 'tap';
import { replyReader } from '../../lib/smtp/reply-reader.ts';

/** What a reader hears of these pieces, and what it says is wrong. */
function heard(pieces: readonly string[], maxBytes?: number): { replies: string[]; fault: string | null } {
  const reader = replyReader(maxBytes);
  const replies: string[] = [];
  for (const piece of pieces) {
    const fault = reader.read(Buffer.from(piece), (reply) => replies.push(reply));
    if (fault !== null) return { replies, fault };
  }
  return { replies, fault: null };
}

await t.test('replies in any pieces', async (t) => {
  const text = '220 hello\r\n250-a\r\n250-b\r\n250 c\r\n250\r\n354 go\n550 jörg?\r\n';
  const replies = ['220 hello', '250-a\r\n250-b\r\n250 c', '250', '354 go', '550 jörg?'];
  t.same(heard([text]), { replies, fault: null }, 'all at once');
  const bytes = Buffer.from(text);
  for (const size of [1, 2, 3, 7]) {
    const reader = replyReader();
    const found: string[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      t.equal(
        reader.read(bytes.subarray(at, at + size), (reply) => found.push(reply)),
        null,
      );
    }
    t.same(found, replies, `${size} at a time`);
    t.notOk(reader.midway());
  }
});

await t.test('what is no reply', async (t) => {
  for (const nonsense of [
    'hello',
    '',
    '25 x',
    '2500 x',
    '250x',
    '150 x',
    '650 x',
    '\u0000\u0001',
    'HTTP/1.1 400',
  ]) {
    t.match(heard([`250 ok\r\n${nonsense}\r\n250 ok\r\n`]), {
      replies: ['250 ok'],
      fault: /^this is no SMTP reply: "/,
    });
  }
  t.match(heard(['250-a\r\n550 b\r\n']), { replies: [], fault: /different codes: "250-a" and "550 b"/ });
  const long = heard([`x${'y'.repeat(1000)}\r\n`]).fault ?? '';
  t.ok(long.length < 150, 'quoted in short');
});

await t.test('a reply without an end', async (t) => {
  t.match(heard(Array<string>(30).fill('250-more\r\n'), 200).fault, /longer than 200 bytes/);
  t.match(heard(['250 ', 'x'.repeat(150), 'x'.repeat(150)], 200).fault, /longer than 200 bytes/);
  t.equal(
    heard(Array<string>(30).fill('250 short\r\n'), 200).replies.length,
    30,
    'many short ones are no long one',
  );
});

await t.test('the middle of a reply', async (t) => {
  const reader = replyReader();
  const none = (reply: string): void => void t.fail(reply);
  t.notOk(reader.midway());
  reader.read(Buffer.from('25'), none);
  t.ok(reader.midway());
  reader.discard();
  t.notOk(reader.midway());
  reader.read(Buffer.from('250-a\r\n'), none);
  t.ok(reader.midway(), 'behind a line that is not the last');
  reader.discard();
  const replies: string[] = [];
  reader.read(Buffer.from('220 b\r\n'), (reply) => replies.push(reply));
  t.same(replies, ['220 b'], 'nothing of it is left');
});

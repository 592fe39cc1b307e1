import t from 'tap';
import { detectInterscan } from '../../lib/bounce/detect-interscan.ts';
import { messageOf } from './message-of.ts';

await t.test('pairs of lines', async (t) => {
  const text = [
    'Sent <<< RCPT TO:<ben@example.com>',
    'Received >>> 250 ok',
    'Sent <<< RCPT TO:<ann@example.org>',
    'Received >>> 550 no',
  ].join('\n');
  t.strictSame(detectInterscan(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: '550 no' },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(
    detectInterscan(await messageOf('Sent <<< RCPT TO:<ann@example.org>\nReceived >>> 250 ok')),
    null,
    'accepted',
  );
  t.equal(
    detectInterscan(await messageOf('> Sent <<< RCPT TO:<ann@example.org>\n> Received >>> 550 no')),
    null,
    'quoted',
  );
});

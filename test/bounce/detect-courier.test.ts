import t from 'tap';
import { detectCourier } from '../../lib/bounce/detect-courier.ts';
import { messageOf } from './message-of.ts';

await t.test('the transcript belongs to the recipient', async (t) => {
  const text = [
    'Your message to the following recipients cannot be delivered:',
    '',
    '<ann@example.org>:',
    '    mx [192.0.2.1]:',
    '>>> RCPT TO:<ann@example.org>',
    '<<< 550 no',
  ].join('\n');
  t.strictSame(detectCourier(await messageOf(text)), [
    {
      address: 'ann@example.org',
      status: null,
      diagnostic: 'mx [192.0.2.1]: >>> RCPT TO:<ann@example.org> <<< 550 no',
    },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(
    detectCourier(
      await messageOf(
        'Your message to the following recipients cannot be delivered:\n\n  <ann@example.org>: no',
      ),
    ),
    null,
    'indented, so no recipient',
  );
  t.equal(
    detectCourier(await messageOf('Your message to the following recipients cannot be delivered:')),
    null,
    'nobody',
  );
});

import t from 'tap';
import { detectOpensmtpd } from '../../lib/bounce/detect-opensmtpd.ts';
import { messageOf } from './message-of.ts';

await t.test('a line for each', async (t) => {
  const text = [
    '    This is the MAILER-DAEMON, please DO NOT REPLY to this email.',
    '',
    '    the following list of recipients:',
    '',
    'ann@example.org: 550 no',
    'ben@example.com: 552 full',
    '',
    '    Below is a copy of the original message:',
    '',
    'zoe@example.com: x',
  ].join('\n');
  t.strictSame(detectOpensmtpd(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: '550 no' },
    { address: 'ben@example.com', status: null, diagnostic: '552 full' },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(
    detectOpensmtpd(await messageOf('the following list of recipients:\n\nann@example.org: 550 no')),
    null,
    'without its greeting',
  );
  t.equal(
    detectOpensmtpd(
      await messageOf(
        '> This is the MAILER-DAEMON, please DO NOT REPLY to this email.\n\n> the following list of recipients:\n\n> ann@example.org: no',
      ),
    ),
    null,
    'quoted',
  );
});

import t from 'tap';
import { detectGmx } from '../../lib/bounce/detect-gmx.ts';
import { messageOf } from './message-of.ts';

await t.test('in quotation marks', async (t) => {
  const text = [
    'The following address',
    'failed:',
    '',
    '"ann@example.org":',
    'SMTP error from remote server after RCPT command:',
    'host: mx',
    '5.1.1 no',
  ].join('\n');
  t.strictSame(detectGmx(await messageOf(text)), [
    {
      address: 'ann@example.org',
      status: null,
      diagnostic: 'SMTP error from remote server after RCPT command: host: mx 5.1.1 no',
    },
  ]);
});

await t.test('in brackets, an empty line between', async (t) => {
  const text = [
    'one or more of its recipients. The following addresses failed:',
    '',
    '<ann@example.org>',
    '',
    'SMTP error from remote server for RCPT TO command, reason: 550 no',
  ].join('\n');
  t.strictSame(detectGmx(await messageOf(text)), [
    {
      address: 'ann@example.org',
      status: null,
      diagnostic: 'SMTP error from remote server for RCPT TO command, reason: 550 no',
    },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(
    detectGmx(
      await messageOf(
        'This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  ann@example.org\n    SMTP error from remote mail server after RCPT TO: 550',
      ),
    ),
    null,
    'Exim’s own words',
  );
});

import t from 'tap';
import { enhancedStatus, judgeReply, oneLineReply, type ReplyStage } from '../../lib/smtp/smtp-reply.ts';

await t.test('the table', async (t) => {
  const rows: readonly [string, ReplyStage, string][] = [
    ['250 2.0.0 ok', 'data', 'delivered recipient'],
    ['251 will forward', 'rcpt', 'delivered recipient'],
    ['421 4.3.2 closing', 'rcpt', 'temporary connection'],
    ['421 closing', 'data', 'temporary connection'],
    ['503 need MAIL', 'rcpt', 'temporary connection'],
    ['530 5.7.0 Must issue a STARTTLS command first', 'mail', 'temporary connection'],
    ['535 5.7.8 bad credentials', 'mail', 'temporary connection'],
    ['450 4.2.1 busy', 'rcpt', 'temporary recipient'],
    ['452 too many recipients', 'rcpt', 'temporary recipient'],
    ['552 5.2.2 mailbox full', 'rcpt', 'temporary recipient'],
    ['550 5.1.1 no such user', 'rcpt', 'permanent recipient'],
    ['451 4.3.0 try later', 'mail', 'temporary message'],
    ['550 5.1.8 bad sender', 'mail', 'permanent message'],
    ['554 5.7.1 spam', 'data', 'permanent message'],
    ['552 5.3.4 too big', 'data', 'permanent message'],
    ['452 4.2.2 over quota', 'lmtp', 'temporary recipient'],
    ['552 5.2.2 over quota', 'lmtp', 'permanent recipient'],
    ['554 5.7.1 spam', 'lmtp', 'permanent message'],
    ['552 5.3.4 too big', 'lmtp', 'permanent message'],
    ['354 go on', 'data', 'temporary connection'],
    ['hello', 'mail', 'temporary connection'],
    ['', 'mail', 'temporary connection'],
    ['2500 what', 'data', 'temporary connection'],
  ];
  for (const [reply, stage, wanted] of rows) {
    const { kind, scope } = judgeReply(reply, stage);
    t.equal(`${kind} ${scope}`, wanted, `${reply} at ${stage}`);
  }
});

await t.test('status and words', async (t) => {
  t.equal(enhancedStatus('550 5.1.1 no'), '5.1.1');
  t.equal(enhancedStatus('250-2.1.5 a\r\n250 2.1.5 b'), '2.1.5');
  t.equal(enhancedStatus('550 no such user'), null);
  t.equal(enhancedStatus('550 5.1.1.1 odd'), null);
  t.equal(
    oneLineReply('550-5.1.1 no\r\n550-5.1.1 such\r\n550 5.1.1 user'),
    '550 5.1.1 no 5.1.1 such 5.1.1 user',
  );
  t.equal(oneLineReply('250 a\u0007b\tc'), '250 a b c');
  t.equal(oneLineReply(`250 ${'x'.repeat(5000)}`).length, 600);
});

import t from 'tap';
import { classify, effectiveStatus } from '../../lib/bounce/classify.ts';

await t.test('the status first, then the reply code, then the words', async (t) => {
  for (const [status, diagnostic, expected] of [
    ['5.1.1', null, 'hard'],
    ['5.1.2', null, 'hard'],
    ['5.1.3', null, 'hard'],
    ['5.1.6', null, 'hard'],
    ['5.1.10', null, 'hard'],
    ['5.2.1', 'mailbox blocked', 'hard'],
    ['5.2.2', 'no such user', 'full'],
    ['4.2.2', null, 'full'],
    ['5.7.1', 'user unknown', 'policy'],
    ['4.7.1', 'greylisted', 'policy'],
    ['5.7.13', 'account disabled', 'hard'],
    ['5.7.509', null, 'policy'],
    ['5.6.0', null, 'policy'],
    ['5.3.4', null, 'policy'],
    ['5.2.3', null, 'policy'],
    ['4.4.7', null, 'soft'],
    ['4.1.1', 'user unknown', 'soft'],
    ['5.3.0', null, 'soft'],
    ['5.4.7', 'expired', 'soft'],
    ['5.4.4', 'Host or domain name not found', 'hard'],
    ['5.4.4', null, 'soft'],
    ['5.4.1', '550 5.4.1 Recipient address rejected: Access denied', 'hard'],
    ['5.4.1', 'no answer', 'soft'],
    ['5.5.0', '550 5.5.0 Requested action not taken: mailbox unavailable', 'hard'],
    ['5.5.2', null, 'soft'],
    ['5.0.0', '550 5.1.1 gone', 'hard'],
    ['5.0.0', '550 over quota', 'full'],
    [null, '550 no', 'hard'],
    [null, '551 user not local', 'hard'],
    [null, '552 no', 'full'],
    [null, '552 message size exceeds limit', 'policy'],
    [null, '553 no', 'hard'],
    [null, '554 no', 'unknown'],
    [null, '554 user unknown', 'hard'],
    [null, '450 user unknown', 'soft'],
    [null, '452 quota exceeded', 'full'],
    [null, 'Connection timed out', 'soft'],
    [null, 'user unknown', 'hard'],
    [null, 'no idea', 'unknown'],
    [null, null, 'unknown'],
    ['5.0.0', null, 'unknown'],
  ] as const) {
    t.equal(classify(status, diagnostic), expected, `${status} ${diagnostic}`);
  }
});

await t.test('words of mail that was not wanted go before a status about the address', async (t) => {
  t.equal(classify('5.1.1', '550 5.1.1 rejected as spam'), 'policy');
  t.equal(classify('5.1.0', 'sender is listed by a blocklist'), 'policy');
  t.equal(classify(null, '550 blocked for its reputation'), 'policy');
});

await t.test('words in addresses, hosts and links do not count', async (t) => {
  t.equal(classify('5.1.1', '550 5.1.1 <spam@virus.example>: User unknown'), 'hard');
  t.equal(classify('5.1.1', 'host mx.antispam.example[192.0.2.1] said: 550 5.1.1 User unknown'), 'hard');
  t.equal(classify('5.1.1', '550 5.1.1 unknown, see https://example.org/blocked/spam'), 'hard');
  t.equal(classify(null, 'User ann not listed in Domino Directory'), 'hard');
});

await t.test('other apostrophes and cases', async (t) => {
  t.equal(classify(null, '554 This user doesn’t have an account'), 'hard');
  t.equal(classify(null, '554 MAILBOX FULL'), 'full');
});

await t.test('the status that counts', async (t) => {
  t.equal(effectiveStatus('5.1.1', '550 5.7.1 no'), '5.1.1');
  t.equal(effectiveStatus('5.0.0', '550 5.7.1 no'), '5.7.1');
  t.equal(effectiveStatus('4.0.0', 'no'), '4.0.0');
  t.equal(effectiveStatus(null, 'x #5.1.1 x'), '5.1.1');
  t.equal(effectiveStatus(null, null), null);
});

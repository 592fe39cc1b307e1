import t from 'tap';
import { examineMail, examineRcpt } from '../../lib/intake/lmtp-parameters.ts';

await t.test('MAIL', async (t) => {
  t.same(examineMail('FROM:<ann@example.org>'), { address: 'ann@example.org', size: 0 });
  t.same(examineMail('FROM:<> SIZE=12 BODY=7bit'), { address: '', size: 12 });
  t.same(examineMail('FROM:<jörg@example.org> SMTPUTF8'), { address: 'jörg@example.org', size: 0 });
  const wrong: [string, number, string][] = [
    ['FROM:<ann@example.org> SIZE=-1', 501, '5.5.4'],
    ['FROM:<ann@example.org> BODY', 501, '5.5.4'],
    ['FROM:<ann@example.org> SMTPUTF8=1', 501, '5.5.4'],
    ['FROM:<ann@example.org> AUTH=<>', 555, '5.5.4'],
    ['FROM:<jörg@example.org>', 553, '5.6.7'],
    ['FROM:<ann', 501, '5.5.4'],
  ];
  for (const [argument, code, status] of wrong) t.match(examineMail(argument), { code, status }, argument);
});

await t.test('RCPT', async (t) => {
  t.same(examineRcpt('TO:<friends@example.org>'), { address: 'friends@example.org' });
  t.match(examineRcpt('TO:<friends@example.org> ORCPT=rfc822;x'), { code: 555, status: '5.5.4' });
  t.match(examineRcpt('TO:<>'), { code: 501, status: '5.1.3' });
});

import t from 'tap';
import { readReceipt } from '../../lib/bounce/read-receipt.ts';
import { messageOf } from './message-of.ts';

const group = (action: string) => `Final-Recipient: rfc822; a@b.org\nAction: ${action}\n\n`;
const report = async (...actions: string[]) =>
  readReceipt(
    await messageOf(actions.map(group).join(''), { fields: ['Content-Type: message/delivery-status'] }),
  );

await t.test('mail that arrived', async (t) => {
  for (const action of ['delivered', 'relayed', 'expanded'])
    t.same(await report(action), { kind: 'receipt', detector: 'dsn' }, action);
  t.equal(await report('delivered', 'failed'), null);
  t.equal(await report('delivered', 'delayed'), null);
  t.equal(readReceipt(await messageOf('x')), null, 'nothing is reported');
});

await t.test('mail that was looked at', async (t) => {
  const part = ['Content-Type: message/disposition-notification'];
  t.same(readReceipt(await messageOf('Disposition: x', { fields: part })), {
    kind: 'receipt',
    detector: 'mdn',
  });
  const whole = ['Content-Type: multipart/report; report-type="Disposition-Notification"; boundary=b'];
  t.match(readReceipt(await messageOf('--b\n\nread\n', { fields: whole })), { detector: 'mdn' });
});

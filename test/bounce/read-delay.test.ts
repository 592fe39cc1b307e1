import t from 'tap';
import { readDelay } from '../../lib/bounce/read-delay.ts';
import { messageOf } from './message-of.ts';

const group = (action: string) => `Final-Recipient: rfc822; a@b.org\nAction: ${action}\n\n`;
const report = async (...actions: string[]) =>
  readDelay(
    await messageOf(actions.map(group).join(''), {
      subject: 'Delivery delayed',
      fields: ['Content-Type: message/delivery-status'],
    }),
  );

await t.test('reports', async (t) => {
  t.same(await report('delayed'), { kind: 'delayed', detector: 'dsn' });
  t.same(await report('delivered', 'delayed'), { kind: 'delayed', detector: 'dsn' });
  t.equal(await report('delayed', 'failed'), null, 'whatever the subject says');
  t.equal(await report('delivered'), null);
});

await t.test('words', async (t) => {
  for (const subject of [
    'Warning: message 1abc-0002-Ef delayed 24 hours',
    'Warning: could not send message for past 4 hours',
    'Delayed Mail (still being retried)',
    'Delivery Status Notification (Delay)',
  ])
    t.match(readDelay(await messageOf('x', { subject })), { kind: 'delayed' }, subject);
  for (const line of [
    '    **      THIS IS A WARNING MESSAGE ONLY      **',
    'A message that you sent has not yet been delivered to one',
    'Delivery is delayed to these recipients or groups:',
    'Your message has been delayed',
  ])
    t.match(readDelay(await messageOf(`Hello,\n\n${line}\n`)), { detector: 'delay-text' }, line);
});

await t.test('what is none', async (t) => {
  t.equal(
    readDelay(await messageOf('host x: delivery temporarily suspended: retry timeout exceeded\n')),
    null,
  );
  t.equal(readDelay(await messageOf(`${'x\n'.repeat(30)}Your message has been delayed\n`)), null, 'far down');
  const person = { from: 'Ann <ann@example.org>', sender: 'ann@example.org' };
  t.equal(readDelay(await messageOf('Your message has been delayed\n', person)), null, 'a person says so');
});

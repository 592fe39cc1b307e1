import t from 'tap';
import { tooMany } from '../../lib/deliver/too-many.ts';
import type { Outcome } from '../../lib/smtp/transport.ts';
import { messageOf } from './fake-server.ts';

const transaction = { sender: 's@l', recipients: ['a@x', 'b@x', 'c@x'], message: messageOf('x') };
const delivered = (recipient: string): Outcome => ({
  recipient,
  kind: 'delivered',
  scope: 'recipient',
  status: '2.0.0',
  reply: '250 ok',
});
const refused = (recipient: string, reply: string, status: string | null = null): Outcome => ({
  recipient,
  kind: 'temporary',
  scope: 'recipient',
  status,
  reply,
});

await t.test('who was over the limit is for the next transaction', async (t) => {
  for (const one of [
    refused('c@x', '452 4.5.3 Error: too many recipients', '4.5.3'),
    refused('c@x', '452 Too many recipients received this session'),
    refused('c@x', '450 too many RCPT commands'),
  ]) {
    const found = tooMany(transaction, [delivered('a@x'), refused('b@x', '450 later'), one]);
    t.same(found?.rest.recipients, ['c@x'], one.reply);
    t.same(
      found?.settled.map(({ recipient }) => recipient),
      ['a@x', 'b@x'],
    );
    t.equal(found?.takes, 2);
  }
});

await t.test('another trouble, no progress, and all well', async (t) => {
  const over = refused('c@x', '452 4.5.3 too many recipients', '4.5.3');
  t.equal(
    tooMany(transaction, [delivered('a@x'), delivered('b@x'), refused('c@x', '452 4.2.2 full', '4.2.2')]),
    null,
  );
  t.equal(
    tooMany(
      transaction,
      ['a@x', 'b@x', 'c@x'].map((one) => ({ ...over, recipient: one })),
    ),
    null,
  );
  t.equal(tooMany(transaction, transaction.recipients.map(delivered)), null);
});

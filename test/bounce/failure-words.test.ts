import t from 'tap';
import { tellsFailure } from '../../lib/bounce/failure-words.ts';
import { messageOf } from './message-of.ts';

await t.test('subjects of failures', async (t) => {
  for (const subject of [
    'Undelivered Mail Returned to Sender',
    'Undeliverable: hello',
    'Mail delivery failed: returning message to sender',
    'Delivery Status Notification (Failure)',
    'failure notice',
    'Returned mail: User unknown',
    'Unzustellbar: Hallo',
    'Non remis : bonjour',
    'Onbestelbaar: hallo',
    'Mancato recapito',
    '配信エラー',
  ]) {
    t.equal(tellsFailure(await messageOf('', { subject })), true, subject);
  }
});

await t.test('the first lines', async (t) => {
  const text = 'Your mail could not be delivered.';
  t.equal(tellsFailure(await messageOf(text, { subject: 'x' })), true);
  t.equal(tellsFailure(await messageOf(`${'\nx'.repeat(30)}\n${text}`, { subject: 'x' })), false, 'no later');
});

await t.test('other subjects', async (t) => {
  for (const subject of ['Supper', 'Delivery of your parcel', 'Best prices', 'I failed my exam'])
    t.equal(tellsFailure(await messageOf('hello', { subject })), false, subject);
});

await t.test('a subject that is the reason itself, from a server only', async (t) => {
  for (const subject of ['no such user', 'Mailbox full', 'Adresse nicht gefunden']) {
    t.equal(tellsFailure(await messageOf('sorry', { subject })), true, subject);
    const from = 'Sales <sales@watches.example>';
    t.equal(tellsFailure(await messageOf('sorry', { subject, from })), false, `${subject}, from a person`);
  }
});

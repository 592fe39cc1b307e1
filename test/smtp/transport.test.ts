import t from 'tap';
import { everyRecipient, temporaryTrouble } from '../../lib/smtp/transport.ts';

await t.test('everyRecipient gives one outcome each, in order', async (t) => {
  t.same(everyRecipient(['b@x', 'a@x'], temporaryTrouble('connection', 'no route')), [
    { recipient: 'b@x', kind: 'temporary', scope: 'connection', status: null, reply: 'no route' },
    { recipient: 'a@x', kind: 'temporary', scope: 'connection', status: null, reply: 'no route' },
  ]);
  t.same(everyRecipient([], temporaryTrouble('message', 'x')), []);
});

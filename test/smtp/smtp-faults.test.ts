import t from 'tap';
import { smtpExtensions } from '../../lib/smtp/smtp-extensions.ts';
import { recipientFault, senderFault, sizeFault, withFaults } from '../../lib/smtp/smtp-faults.ts';

const PLAIN = smtpExtensions('250 mx');
const UTF8 = smtpExtensions('250-mx\r\n250-SIZE 100\r\n250 SMTPUTF8');

await t.test('senders', async (t) => {
  t.equal(senderFault('', PLAIN), null, 'the null reverse-path');
  t.equal(senderFault('s@x', PLAIN), null);
  t.equal(senderFault('jörg@x', UTF8), null);
  t.match(senderFault('jörg@x', PLAIN), { kind: 'permanent', scope: 'message', status: '5.6.7' });
  t.match(senderFault('s@x>\r\nRSET', UTF8), { kind: 'permanent', scope: 'message', status: '5.1.7' });
});

await t.test('recipients', async (t) => {
  t.equal(recipientFault('a@x', PLAIN), null);
  t.equal(recipientFault('jörg@x', UTF8), null);
  t.match(recipientFault('jörg@x', PLAIN), { kind: 'permanent', scope: 'recipient', status: '5.6.7' });
  for (const nasty of ['', 'a@x\n', 'a@x\r\nDATA', 'a\0@x', 'a@x> SIZE=1']) {
    t.match(recipientFault(nasty, UTF8), { kind: 'permanent', scope: 'recipient', status: '5.1.3' });
  }
});

await t.test('sizes', async (t) => {
  t.equal(sizeFault(1e9, PLAIN, 'mx'), null);
  t.equal(sizeFault(100, UTF8, 'mx'), null);
  t.match(sizeFault(101, UTF8, 'mx'), {
    kind: 'permanent',
    scope: 'message',
    status: '5.3.4',
    reply: 'mx: the message has 101 bytes, the server takes 100',
  });
});

await t.test('faults and outcomes in the order of the recipients', async (t) => {
  const fault = recipientFault('', PLAIN);
  const delivered = { kind: 'delivered', scope: 'recipient', status: null, reply: '250' } as const;
  const outcomes = ['a', 'c'].map((recipient) => ({ recipient, ...delivered }));
  t.match(withFaults(['a', '', 'c'], [null, fault, null], outcomes), [
    { recipient: 'a', kind: 'delivered' },
    { recipient: '', kind: 'permanent', status: '5.1.3' },
    { recipient: 'c', kind: 'delivered' },
  ]);
});

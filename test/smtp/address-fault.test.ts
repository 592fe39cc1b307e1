import t from 'tap';
import { addressFault } from '../../lib/smtp/address-fault.ts';

await t.test('addresses that may be sent', async (t) => {
  for (const address of ['a@x.example', '"john doe"@x', 'jörg@bücher.example', "o'hara/x@x", '..@x']) {
    t.equal(addressFault(address), null, address);
  }
});

await t.test('addresses that could end a command or a header line', async (t) => {
  const nasty = [
    '',
    'a\r\nRCPT TO:<b@x>',
    'a\n@x',
    'a\0@x',
    'a\u0085@x',
    'a>b@x',
    '<a@x',
    ' a@x',
    'a@x\u00a0',
  ];
  for (const address of nasty) t.type(addressFault(address), 'string', JSON.stringify(address));
});

await t.test('the words cannot carry the attack on', async (t) => {
  t.notMatch(addressFault('a\r\nb'), /[\r\n]/);
});

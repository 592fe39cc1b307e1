import t from 'tap';
import { detectZoho } from '../../lib/bounce/detect-zoho.ts';
import { messageOf } from './message-of.ts';

await t.test('codes behind the address', async (t) => {
  const text = [
    'A message could not be delivered. This is a permanent error.',
    '',
    'ann@example.org Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 no user',
  ].join('\n');
  t.strictSame(detectZoho(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: 'Invalid Address 550 5.1.1 no user' },
  ]);
});

await t.test('lines in brackets', async (t) => {
  const text = ['[Status: Error, Address: <ann@example.org>, ResponseCode 552, , over quota.]'].join('\n');
  t.strictSame(detectZoho(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: '552, , over quota.' },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(
    detectZoho(
      await messageOf(
        'A message could not be delivered. This is a permanent error.\n\nann@example.org no user',
      ),
    ),
    null,
    'no code of theirs',
  );
  t.equal(
    detectZoho(await messageOf('[Status: Sent, Address: <ann@example.org>, ResponseCode 250]')),
    null,
    'a status that is no error',
  );
});

import t from 'tap';
import { detectDomino } from '../../lib/bounce/detect-domino.ts';
import { messageOf } from './message-of.ts';

await t.test('one reason for all', async (t) => {
  const text = [
    'was not delivered to:',
    '',
    '  ann@example.org',
    '  Ben <ben@example.com>',
    '',
    'because:',
    '',
    '  no such user',
  ].join('\n');
  t.strictSame(detectDomino(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: 'no such user' },
    { address: 'ben@example.com', status: null, diagnostic: 'no such user' },
  ]);
});

await t.test('in French', async (t) => {
  const text = ["n'a pas été remis à:", '', '  ann@example.org', '', 'car:', '', '  inconnu'].join('\n');
  t.strictSame(detectDomino(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: 'inconnu' },
  ]);
});

await t.test('a name in Notes', async (t) => {
  const text = ['was not delivered to:', '', '  CN=Ann/O=Org', '', 'because:', '', '  full'].join('\n');
  t.strictSame(detectDomino(await messageOf(text)), [{ address: null, status: null, diagnostic: 'full' }]);
});

await t.test('what is something else', async (t) => {
  t.equal(detectDomino(await messageOf('was not delivered to:\n\n  ann@example.org')), null, 'no reason');
  t.equal(detectDomino(await messageOf('because:\n\n  ann@example.org')), null, 'a reason only');
});

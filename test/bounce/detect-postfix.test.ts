import t from 'tap';
import { detectPostfix } from '../../lib/bounce/detect-postfix.ts';
import { messageOf } from './message-of.ts';

await t.test('continuation lines with addresses begin no recipient', async (t) => {
  const text = [
    'This is the mail system at host mx.example.net.',
    '',
    '                   The mail system',
    '',
    '<ann@example.org>: host mx said: 550',
    '    <other@example.org>: rejected',
    '<ben@example.com>: unknown user: "ben"',
  ].join('\n');
  t.strictSame(detectPostfix(await messageOf(text)), [
    {
      address: 'ann@example.org',
      status: null,
      diagnostic: 'host mx said: 550 <other@example.org>: rejected',
    },
    { address: 'ben@example.com', status: null, diagnostic: 'unknown user: "ben"' },
  ]);
});

await t.test('the address an alias was expanded from is ours', async (t) => {
  const text = [
    'This is the mail system at host mx.example.net.',
    '',
    '                   The mail system',
    '',
    '<x@far.example> (expanded from <ann@example.org>): user unknown',
  ].join('\n');
  t.strictSame(detectPostfix(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: 'user unknown' },
  ]);
});

await t.test('another name of the program', async (t) => {
  const text = [
    'This is the Example program at host mx.example.net.',
    '',
    '    The Example program',
    '',
    '<ann@example.org>: no',
  ].join('\n');
  t.strictSame(detectPostfix(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: 'no' },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(
    detectPostfix(
      await messageOf(
        '> This is the mail system at host mx.example.net.\n\n                   The mail system\n\n<ann@example.org>: no',
      ),
    ),
    null,
    'quoted',
  );
  t.equal(
    detectPostfix(
      await messageOf(
        'This is the mail system at host mx.example.net.\n\n                   The mail system\n\n',
      ),
    ),
    null,
    'no recipient',
  );
  t.equal(
    detectPostfix(await messageOf('    The mail system\n\n<ann@example.org>: no')),
    null,
    'no greeting',
  );
});

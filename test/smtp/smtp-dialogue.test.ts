import t from 'tap';
import {
  type Dialogue,
  emptyDialogue,
  endsConnection,
  isGoAhead,
  outcomesOf,
} from '../../lib/smtp/smtp-dialogue.ts';
import { type Outcome, temporaryTrouble } from '../../lib/smtp/transport.ts';

const LOST = { otherwise: temporaryTrouble('connection', 'lost'), words: 'the connection was closed' };
const outcomes = (recipients: string[], said: Partial<Dialogue>, lmtp = false): Outcome[] =>
  outcomesOf(recipients, { ...emptyDialogue(recipients.length), ...said }, lmtp, ['< 220 mx'], LOST);
const short = (recipients: string[], said: Partial<Dialogue>, lmtp = false): string[] =>
  outcomes(recipients, said, lmtp).map(
    ({ recipient, kind, scope, reply }) => `${recipient} ${kind} ${scope} ${reply}`,
  );

await t.test('nothing was said', async (t) => {
  t.same(short(['a'], {}), ['a temporary connection lost']);
  t.same(short(['a', 'b'], { mail: '250', rcpt: ['550 no'] }), [
    'a permanent recipient 550 no',
    'b temporary connection lost',
  ]);
});

await t.test('MAIL refused: RCPT replies that follow from it count for nothing', async (t) => {
  t.same(short(['a'], { mail: '550 no', rcpt: ['503 need MAIL'], data: '503 x' }), [
    'a permanent message 550 no',
  ]);
});

await t.test('DATA refused is about those who were accepted', async (t) => {
  t.same(short(['a', 'b'], { mail: '250', rcpt: ['550 a', '250 b'], data: '451 later' }), [
    'a permanent recipient 550 a',
    'b temporary message 451 later',
  ]);
});

await t.test(
  'LMTP replies belong to the accepted recipients in order, and stay when the connection goes',
  async (t) => {
    const said = { mail: '250', rcpt: ['250', '550 b', '250', '250'], data: '354', complete: true };
    t.same(short(['a', 'b', 'c', 'd'], { ...said, final: ['250 for a', '452 for c'] }, true), [
      'a delivered recipient 250 for a',
      'b permanent recipient 550 b',
      'c temporary recipient 452 for c',
      'd temporary connection lost',
    ]);
  },
);

await t.test('an acceptance before the end of the message is none, a refusal is one', async (t) => {
  const said = { mail: '250', rcpt: ['250'], data: '354', complete: false };
  t.match(short(['a'], { ...said, final: ['250 ok'] })[0], /^a temporary connection answered before/);
  t.same(short(['a'], { ...said, final: ['552 5.3.4 big'] }), ['a permanent message 552 5.3.4 big']);
});

await t.test('an acceptance of what was not sent is none', async (t) => {
  const said = { mail: '250', rcpt: ['250'], data: '250 ok' };
  t.match(short(['a'], said)[0], /^a temporary connection answered before the message was sent: 250 ok/);
});

await t.test('RSET refused: nothing was tried', async (t) => {
  t.same(short(['a'], { reset: '500 what' }), ['a temporary connection lost']);
});

await t.test('the conversation is about one recipient and the message', async (t) => {
  const commands = ['MAIL FROM:<>', 'RCPT TO:<a>', 'RCPT TO:<b>', 'DATA'];
  const said = { commands, mail: '250 m', rcpt: ['550-no\r\n550 a', '250 b'], data: '354 d', complete: true };
  t.same(
    outcomes(['a', 'b'], said).map(({ conversation }) => conversation?.split('\n')),
    [
      [
        '< 220 mx',
        '> MAIL FROM:<>',
        '< 250 m',
        '> RCPT TO:<a>',
        '< 550-no',
        '< 550 a',
        '> DATA',
        '< 354 d',
        '- the message was sent',
      ],
      [
        '< 220 mx',
        '> MAIL FROM:<>',
        '< 250 m',
        '> RCPT TO:<b>',
        '< 250 b',
        '> DATA',
        '< 354 d',
        '- the message was sent',
        '- the connection was closed',
      ],
    ],
  );
  const reset = outcomes(['a'], { commands: commands.slice(0, 2), reset: '250 r' })[0]?.conversation;
  t.match(reset, /> RSET\n< 250 r\n> MAIL FROM:<>\n> RCPT TO:<a>\n- the/);
  t.notOk('conversation' in (outcomes(['a'], {})[0] ?? {}), 'none when nothing was said');
  const done = { ...said, rcpt: ['250 a', '250 b'], final: ['250 ok'] };
  t.notOk(outcomes(['a', 'b'], done).some((outcome) => 'conversation' in outcome));
});

await t.test('what ends a connection', async (t) => {
  const ending: readonly [string, Parameters<typeof endsConnection>[1], boolean][] = [
    ['250 ok', 'RSET', false],
    ['500 what', 'RSET', true],
    ['250 ok', 'MAIL', false],
    ['354 go', 'MAIL', true],
    ['421 bye', 'MAIL', true],
    ['530 log in', 'MAIL', true],
    ['550 no', 'MAIL', false],
    ['503 first MAIL', 'RCPT', true],
    ['552 full', 'RCPT', false],
    ['354 go', 'DATA', false],
    ['250 ok', 'DATA', true],
    ['451 later', 'DATA', false],
    ['250 ok', 'message', false],
    ['354 go', 'message', true],
    ['421 bye', 'message', true],
    ['554 spam', 'message', false],
  ];
  for (const [reply, to, wanted] of ending) t.equal(endsConnection(reply, to), wanted, `${reply} to ${to}`);
  t.ok(isGoAhead('354 go'));
  t.notOk(isGoAhead('334 go'));
});

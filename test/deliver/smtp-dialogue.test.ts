import t from 'tap';
import { type Dialogue, emptyDialogue, outcomesOf, recordDialogue } from '../../lib/deliver/smtp-dialogue.ts';
import { temporaryTrouble } from '../../lib/deliver/transport.ts';

const LOST = temporaryTrouble('connection', 'lost');
const short = (recipients: string[], said: Partial<Dialogue>, lmtp = false): string[] =>
  outcomesOf(recipients, { ...emptyDialogue(), ...said }, lmtp, LOST).map(
    ({ recipient, kind, scope, reply }) => `${recipient} ${kind} ${scope} ${reply}`,
  );

await t.test('replies are kept by the command they answer, pipelined or not', async (t) => {
  const recorder = recordDialogue();
  const client = (line: string): void => recorder.logger.debug({ tnx: 'client' }, line);
  const server = (line: string): void => recorder.logger.debug({ tnx: 'server' }, line);
  client('EHLO me');
  server('250-fake\n250-SIZE 100\n250 SMTPUTF8');
  t.ok(recorder.offers('SMTPUTF8'));
  t.ok(recorder.offers('SIZE'));
  t.notOk(recorder.offers('8BITMIME'));
  const dialogue = recorder.begin();
  for (const line of ['MAIL FROM:<>', 'RCPT TO:<a>', 'RCPT TO:<b>', 'DATA']) client(line);
  for (const line of ['250 m', '250 a', '550 b', '354 d']) server(line);
  t.same(dialogue, { mail: '250 m', rcpt: ['250 a', '550 b'], data: '354 d', final: [], complete: false });
  recorder.logger.info({ tnx: 'message' }, '<%s bytes>');
  server('250 f');
  t.match(dialogue, { final: ['250 f'], complete: true });
  t.same(recorder.begin(), emptyDialogue(), 'the next begins empty');
});

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

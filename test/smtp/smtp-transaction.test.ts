import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { smtpExtensions } from '../../lib/smtp/smtp-extensions.ts';
import {
  type SmtpTransaction,
  smtpTransaction,
  type TransactionEnd,
} from '../../lib/smtp/smtp-transaction.ts';
import type { Transaction } from '../../lib/smtp/transport.ts';
import { brokenMessage, messageOf } from '../deliver/fake-server.ts';
import { type WireRig, wireRig } from '../deliver/wire-rig.ts';

type Rig = WireRig & {
  readonly one: SmtpTransaction;
  readonly ends: TransactionEnd[];
  /** Waits for the end. */
  readonly end: () => Promise<TransactionEnd>;
};

const MESSAGE = messageOf('hello\n');

/** A transaction that is ready, with a server that says what the test writes. */
async function rig(
  t: Test,
  words: string,
  transaction: Partial<Transaction> = {},
  lmtp = false,
): Promise<Rig> {
  const wired = await wireRig(t);
  const ends: TransactionEnd[] = [];
  const one = smtpTransaction(
    wired.wire,
    { name: 'mx', lmtp, offered: smtpExtensions(`250-mx\r\n250 ${words}`), dsn: false, beginning: [] },
    { sender: 's@x', recipients: ['a@x', 'b@x'], message: MESSAGE, ...transaction },
    () => {},
    (end) => ends.push(end),
  );
  one.prepare();
  while (!one.ready() && ends.length === 0) await sleep(1);
  const end = async (): Promise<TransactionEnd> => {
    for (let round = 0; round < 400 && ends.length === 0; round++) await sleep(5);
    const [only] = ends;
    if (only === undefined) throw new Error('it has not ended');
    return only;
  };
  return { ...wired, one, ends, end };
}

const kinds = ({ result }: TransactionEnd): string[] =>
  result.outcomes.map(({ kind, scope }) => `${kind} ${scope}`);

await t.test('with PIPELINING: two writes', async (t) => {
  const { one, server, until, read, end, ends } = await rig(t, 'PIPELINING');
  one.begin(false);
  await until('DATA\r\n');
  t.equal(read(), 'MAIL FROM:<s@x>\r\nRCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n');
  t.notOk(one.sent());
  server.write('250 m\r\n250 a\r\n550 b\r\n354 go\r\n');
  await until('hello\r\n.\r\n');
  t.ok(one.sent());
  server.write('250 2.0.0 ok\r\n');
  const { result, open, fatal } = await end();
  t.match(result, { heard: true, outcomes: [{ kind: 'delivered', status: '2.0.0' }, { kind: 'permanent' }] });
  t.notOk(open);
  t.equal(fatal, null);
  one.lose('too late');
  t.equal(ends.length, 1, 'once');
});

await t.test('without: command by command, and none that is in vain', async (t) => {
  const { one, server, until, read, end } = await rig(t, 'HELP');
  one.begin(true);
  for (const [said, reply] of [
    ['RSET\r\n', '250 r'],
    ['MAIL FROM:<s@x>\r\n', '250 m'],
    ['RCPT TO:<a@x>\r\n', '550 a'],
    ['RCPT TO:<b@x>\r\n', '450 b'],
  ] as const) {
    await until(said);
    t.ok(read().endsWith(said), 'nothing behind it');
    server.write(`${reply}\r\n`);
  }
  const ended = await end();
  t.same(kinds(ended), ['permanent recipient', 'temporary recipient']);
  t.ok(ended.open, 'the server still has MAIL');

  const refused = await rig(t, 'HELP');
  refused.one.begin(false);
  refused.server.write('550 no\r\n');
  t.match(await refused.end(), { open: false, fatal: null });
  t.equal(refused.read(), 'MAIL FROM:<s@x>\r\n');
});

await t.test('replies that end the connection', async (t) => {
  const rows: readonly [string, string, string[]][] = [
    ['421 m', 'false', ['temporary connection', 'temporary connection']],
    ['250 m\r\n250 a\r\n421 b', 'true', ['temporary connection', 'temporary connection']],
    ['250 m\r\n550 a\r\n503 b', 'true', ['permanent recipient', 'temporary connection']],
    ['250 m\r\n250 a\r\n250 b\r\n250 d', 'true', ['temporary connection', 'temporary connection']],
    ['250 m\r\n550 a\r\n550 b\r\n250 d', 'true', ['permanent recipient', 'permanent recipient']],
    ['550 m\r\n503 a\r\n421 b', 'true', ['permanent message', 'permanent message']],
    ['354 m', 'true', ['temporary connection', 'temporary connection']],
  ];
  for (const [replies, heard, wanted] of rows) {
    const { one, server, end } = await rig(t, 'PIPELINING');
    one.begin(false);
    server.write(`${replies}\r\n`);
    const ended = await end();
    t.same(kinds(ended), wanted, replies);
    t.equal(String(ended.result.heard), heard, replies);
    t.not(ended.fatal, null);
  }
});

await t.test('MAIL refused: what follows from it changes nothing', async (t) => {
  const { one, server, end } = await rig(t, 'PIPELINING');
  one.begin(false);
  server.write('550 5.1.8 m\r\n503 a\r\n503 b\r\n503 d\r\n');
  const ended = await end();
  t.same(kinds(ended), ['permanent message', 'permanent message']);
  t.match(ended, { open: false, fatal: null });
});

await t.test('DATA refused leaves the transaction open', async (t) => {
  const { one, server, end } = await rig(t, 'PIPELINING');
  one.begin(false);
  server.write('250 m\r\n250 a\r\n250 b\r\n451 d\r\n');
  const ended = await end();
  t.same(kinds(ended), ['temporary message', 'temporary message']);
  t.match(ended, { open: true, fatal: null });
});

await t.test('LMTP: a reply for each who was accepted', async (t) => {
  const { one, server, end, until } = await rig(t, 'PIPELINING', { recipients: ['a@x', 'b@x', 'c@x'] }, true);
  one.begin(false);
  server.write('250 m\r\n250 a\r\n550 b\r\n250 c\r\n354 d\r\n');
  await until('.\r\n');
  server.write('250 for a\r\n452 for c\r\n');
  t.same(kinds(await end()), ['delivered recipient', 'permanent recipient', 'temporary recipient']);
});

await t.test('what is not begun', async (t) => {
  const nobody = await rig(t, 'HELP', { recipients: [] });
  t.match(await nobody.end(), { result: { outcomes: [], heard: true }, fatal: null });
  const unread = await rig(t, 'HELP', { message: brokenMessage() });
  t.match(await unread.end(), {
    result: { heard: true, outcomes: [{ kind: 'temporary', scope: 'message', reply: /broken: EIO/ }, {}] },
    fatal: null,
  });
  const large = await rig(t, 'SIZE 100', { message: { ...brokenMessage(), size: 1e9 } });
  t.match(await large.end(), { result: { outcomes: [{ status: '5.3.4' }, { status: '5.3.4' }] } });
  const lost = await rig(t, 'HELP');
  lost.one.lose('gone');
  t.match(await lost.end(), { result: { heard: false, outcomes: [{ reply: 'mx: gone' }, {}] } });
  for (const { read } of [nobody, unread, large, lost]) t.equal(read(), '');
});

import t from 'tap';
import { lmtpRig } from '../support/lmtp-rig.ts';
import { until } from '../support/program.ts';

const LHLO = 'LHLO mx.example.org';
const MAIL = 'MAIL FROM:<ann@example.org>';
const RCPT = 'RCPT TO:<friends@example.org>';
const OK_LHLO =
  /^250-lists\.test\|250-PIPELINING\|250-ENHANCEDSTATUSCODES\|250-8BITMIME\|250-SMTPUTF8\|250 SIZE 102400$/;

/** What is said, line by line, and the reply to each. */
type Dialogue = readonly (readonly [string, string | RegExp])[];

const DIALOGUES: Readonly<Record<string, Dialogue>> = {
  'LHLO offers what there is': [[LHLO, OK_LHLO]],
  'words in any case, blanks at the end': [
    ['lhlo mx.example.org', OK_LHLO],
    ['mail from:<ann@example.org> ', '250 2.1.0 go on'],
    ['Rcpt To:<Friends@EXAMPLE.org>', '250 2.1.5 go on'],
    ['rset', '250 2.0.0 forgotten'],
    ['quit', '221 2.0.0 lists.test goodbye'],
  ],
  'SMTP is another protocol': [
    ['HELO mx.example.org', '500 5.5.1 this is LMTP: say LHLO'],
    ['EHLO mx.example.org', '500 5.5.1 this is LMTP: say LHLO'],
    [MAIL, '503 5.5.1 say LHLO first'],
  ],
  'LHLO without a name': [
    ['LHLO', '501 5.5.4 say LHLO and your name'],
    ['LHLO two names', '501 5.5.4 say LHLO and your name'],
    [MAIL, '503 5.5.1 say LHLO first'],
  ],
  'out of turn': [
    [RCPT, '503 5.5.1 say MAIL first'],
    ['DATA', '503 5.5.1 no recipient was accepted'],
    [LHLO, OK_LHLO],
    [RCPT, '503 5.5.1 say MAIL first'],
    [MAIL, '250 2.1.0 go on'],
    [MAIL, '503 5.5.1 a transaction is open already'],
    ['DATA', '503 5.5.1 no recipient was accepted'],
    ['RCPT TO:<nobody@example.org>', '550 5.1.1 no list has the address nobody@example.org'],
    ['DATA', '503 5.5.1 no recipient was accepted'],
    [RCPT, '250 2.1.5 go on'],
    ['DATA now', '501 5.5.4 DATA has no argument'],
    [LHLO, OK_LHLO],
    ['DATA', '503 5.5.1 no recipient was accepted'],
  ],
  'what is not ours': [
    ['STARTTLS', '502 5.5.1 not offered here'],
    ['AUTH PLAIN', '502 5.5.1 not offered here'],
    ['BDAT 5', '502 5.5.1 not offered here'],
    ['EXPN friends', '502 5.5.1 not offered here'],
    ['VRFY friends', '252 2.5.0 send mail and see'],
    ['HELP', /^214 2\.0\.0 RFC 2033: LHLO/],
    ['NOOP', '250 2.0.0 nothing done'],
    ['NOOP with words', '250 2.0.0 nothing done'],
    ['WHAT', '500 5.5.1 no such command'],
    ['', '500 5.5.1 no such command'],
    ['MAILFROM:<ann@example.org>', '500 5.5.1 no such command'],
    ['NO\0OP', '500 5.5.2 control characters, or no UTF-8, in a command'],
    ['NOOP\nNOOP', '500 5.5.2 control characters, or no UTF-8, in a command'],
    ['NOOP\rNOOP', '500 5.5.2 control characters, or no UTF-8, in a command'],
  ],
  'reverse-paths': [
    [LHLO, OK_LHLO],
    ['MAIL FROM:<>', '250 2.1.0 go on'],
    ['RSET', '250 2.0.0 forgotten'],
    ['MAIL FROM: <ann@example.org>', '250 2.1.0 go on'],
    ['RSET', '250 2.0.0 forgotten'],
    ['MAIL FROM:<@relay.example:ann@example.org>', '250 2.1.0 go on'],
    ['RSET', '250 2.0.0 forgotten'],
    ['MAIL FROM:ann@example.org', /^501 5\.5\.4 syntax error, wanted MAIL FROM:<address> with its brackets$/],
    ['MAIL TO:<ann@example.org>', '501 5.5.4 syntax error, wanted MAIL FROM:<address>'],
    ['MAIL', '501 5.5.4 syntax error, wanted MAIL FROM:<address>'],
    ['MAIL FROM:<ann example.org>', '501 5.1.7 not an address: <ann example.org>'],
    ['MAIL FROM:<ann@exa mple>', '501 5.1.7 not an address: <ann@exa mple>'],
    ['MAIL FROM:<jörg@example.org>', '553 5.6.7 an address with other than ASCII letters needs SMTPUTF8'],
    ['MAIL FROM:<jörg@exämple.org> SMTPUTF8', '250 2.1.0 go on'],
  ],
  'parameters of MAIL': [
    [LHLO, OK_LHLO],
    [`${MAIL} SIZE=102401`, '552 5.3.4 the message is larger than 102400 octets'],
    [`${MAIL} SIZE=99999999999999999999`, '552 5.3.4 the message is larger than 102400 octets'],
    [`${MAIL} SIZE=999999999999999999999`, '501 5.5.4 SIZE wants a number of at most 20 digits'],
    [`${MAIL} SIZE=many`, '501 5.5.4 SIZE wants a number of at most 20 digits'],
    [`${MAIL} SIZE`, '501 5.5.4 SIZE wants a number of at most 20 digits'],
    [`${MAIL} BODY=BINARYMIME`, '501 5.5.4 BODY wants 7BIT or 8BITMIME'],
    [`${MAIL} SMTPUTF8=yes`, '501 5.5.4 SMTPUTF8 has no value'],
    [`${MAIL} SIZE=1 size=2`, '501 5.5.4 size is given twice'],
    [`${MAIL} RET=FULL`, '555 5.5.4 RET is not offered here'],
    [`${MAIL} =`, '501 5.5.4 not a parameter: ='],
    [`${MAIL}SIZE=1`, '501 5.5.4 syntax error behind the address'],
    [`${MAIL}  SIZE=102400  BODY=8bitmime SMTPUTF8`, '250 2.1.0 go on'],
  ],
  'addresses of lists and others': [
    [LHLO, OK_LHLO],
    [MAIL, '250 2.1.0 go on'],
    [RCPT, '250 2.1.5 go on'],
    ['RCPT TO:<"friends"@example.org>', '250 2.1.5 go on'],
    ['RCPT TO:<@relay.example,@b.example:friends@example.org>', '250 2.1.5 go on'],
    ['RCPT TO:<friends+x@example.org>', '250 2.1.5 go on'],
    [`RCPT TO:<friends-bounces+${'x'.repeat(100)}=member.example@example.org>`, '250 2.1.5 go on'],
    ['RCPT TO:<friends-owner@example.org>', '250 2.1.5 go on'],
    ['RCPT TO:<friends-admin@example.org>', '250 2.1.5 go on'],
    ['RCPT TO:<friends-unsubscribe@example.org>', '250 2.1.5 go on'],
    ['RCPT TO:<friends-nothing@example.org>', /^550 5\.1\.1 /],
    ['RCPT TO:<postmaster>', /^550 5\.1\.2 /],
    ['RCPT TO:<friends@example.com>', /^550 5\.1\.2 no list here has an address of the domain of/],
    ['RCPT TO:<friends@[127.0.0.1]>', /^550 5\.1\.2 /],
    ['RCPT TO:<>', '501 5.1.3 not an address: <>'],
    ['RCPT TO:<friends>', '501 5.1.3 not an address: <friends>'],
    ['RCPT TO:<friends@example.org> NOTIFY=NEVER', '555 5.5.4 NOTIFY is not offered here'],
  ],
  'a transaction, and another': [
    [LHLO, OK_LHLO],
    [MAIL, '250 2.1.0 go on'],
    [RCPT, '250 2.1.5 go on'],
    ['DATA', '354 end with a line of a dot'],
    [
      'From: ann@example.org\r\n\r\nTea?\r\n.',
      /^250 2\.0\.0 friends@example\.org accepted as in\/\d{16}-[0-9a-f]{20}$/,
    ],
    ['DATA', '503 5.5.1 no recipient was accepted'],
    ['MAIL FROM:<>', '250 2.1.0 go on'],
    ['RCPT TO:<friends-bounces+ben=x.example@example.org>', '250 2.1.5 go on'],
    ['DATA', '354 end with a line of a dot'],
    [
      'Subject: failed\r\n.',
      /^250 2\.0\.0 friends-bounces\+ben=x\.example@example\.org accepted as bounces\//,
    ],
    ['QUIT', '221 2.0.0 lists.test goodbye'],
  ],
  'no message': [
    [LHLO, OK_LHLO],
    [MAIL, '250 2.1.0 go on'],
    [RCPT, '250 2.1.5 go on'],
    ['DATA', '354 end with a line of a dot'],
    ['.', '554 5.6.0 the message is empty'],
    [MAIL, '250 2.1.0 go on'],
    [RCPT, '250 2.1.5 go on'],
    ['DATA', '354 end with a line of a dot'],
    [' \r\n.', '554 5.6.0 the message has nothing printable'],
  ],
};

await t.test('every dialogue', async (t) => {
  const rig = await lmtpRig(t, { site: 'limits: { message_size: 100KB }\n', members: ['ann@example.org'] });
  for (const [name, dialogue] of Object.entries(DIALOGUES)) {
    await t.test(name, async (t) => {
      const client = rig.client();
      t.equal(await client.reply(), '220 lists.test LMTP qrunner');
      for (const [words, wanted] of dialogue) {
        const found = await client.ask(`${words}\r\n`);
        if (typeof wanted === 'string') t.equal(found, wanted, words);
        else t.match(found, wanted, words);
      }
      client.close();
    });
  }
  t.same(rig.site.lies(), { 'in/new': 1, 'bounces/new': 1 }, 'what was said to be taken, and nothing else');
  t.same(
    rig.events.filter(({ event }) => event === 'lmtp-trouble'),
    [],
  );
});

await t.test('all of a dialogue in one piece is answered in one piece', async (t) => {
  const rig = await lmtpRig(t, { members: ['ann@example.org'] });
  const client = rig.client();
  const pieces: string[] = [];
  client.socket.on('data', (piece: string) => pieces.push(piece));
  client.send(
    [
      LHLO,
      MAIL,
      RCPT,
      'RCPT TO:<friends-owner@example.org>',
      'DATA',
      'From: ann@example.org',
      '',
      'x',
      '.',
      'QUIT',
      '',
    ].join('\r\n'),
  );
  const codes: (string | undefined)[] = [];
  for (let reply = await client.reply(); reply !== null; reply = await client.reply())
    codes.push(reply.slice(0, 3));
  t.same(codes, ['220', '250', '250', '250', '250', '354', '250', '250', '221']);
  t.ok(pieces.length <= 3, `${pieces.length} pieces`);
  t.same(rig.site.lies(), { 'in/new': 2 });
});

await t.test('a client who sends all, closes his side and waits', async (t) => {
  const rig = await lmtpRig(t, { members: ['ann@example.org'] });
  const client = rig.client();
  client.socket.end([LHLO, MAIL, RCPT, 'DATA', 'From: ann@example.org', '', 'x', '.', ''].join('\r\n'));
  const replies: string[] = [];
  for (let reply = await client.reply(); reply !== null; reply = await client.reply())
    replies.push(reply.slice(0, 3));
  t.same(replies, ['220', '250', '250', '250', '354', '250']);
});

await t.test('one recipient too many', async (t) => {
  const rig = await lmtpRig(t, { limits: { recipients: 2 } });
  const client = rig.client();
  for (const words of [LHLO, MAIL, RCPT, RCPT]) await client.ask(`${words}\r\n`);
  t.equal(await client.reply(), '250 2.1.5 go on');
  t.equal(await client.ask(`${RCPT}\r\n`), '452 4.5.3 at most 2 recipients at once');
  t.equal(await client.ask('DATA\r\n'), '354 end with a line of a dot');
});

await t.test('pipelined garbage ends with 421, and the last word is heard', async (t) => {
  const rig = await lmtpRig(t, { limits: { errors: 5 } });
  const client = rig.client();
  client.send('GARBAGE \u0001 and more of it\r\n'.repeat(20_000));
  const replies: string[] = [];
  for (let reply = await client.reply(); reply !== null; reply = await client.reply()) replies.push(reply);
  t.equal(replies.length, 7);
  t.equal(replies.at(-1), '421 4.7.0 lists.test too many wrong commands, closing');
  t.match(rig.seen('lmtp-drop'), [{ why: 'too many wrong commands' }]);
});

await t.test('a command line: its limit, over it, and without an end', async (t) => {
  const rig = await lmtpRig(t, { limits: { commandBytes: 100, commandMs: 500 } });
  const client = rig.client();
  await client.reply();
  t.equal(await client.ask(`NOOP ${'x'.repeat(93)}\r\n`), '250 2.0.0 nothing done', 'exactly 100');
  t.equal(await client.ask(`NOOP ${'x'.repeat(94)}\r\n`), '500 5.5.6 a command is longer than 100 octets');
  t.equal(
    await client.ask(`NOOP ${'x'.repeat(500_000)}\r\n`),
    '500 5.5.6 a command is longer than 100 octets',
  );
  t.equal(await client.ask('NOOP\r\n'), '250 2.0.0 nothing done', 'and goes on');
  client.send('x'.repeat(500_000));
  t.equal(await client.reply(), '421 4.4.2 lists.test you took too long, closing');
});

await t.test('a client who dawdles: between commands, within one, within a message', async (t) => {
  const rig = await lmtpRig(t, { limits: { commandMs: 300 } });
  const late = '421 4.4.2 lists.test you took too long, closing';
  const silent = rig.client();
  await silent.reply();
  t.equal(await silent.reply(), late);

  const drip = rig.client();
  await drip.reply();
  const timer = setInterval(() => drip.socket.writable && drip.send('N'), 30);
  t.equal(await drip.reply(), late, 'a byte now and then does not help');
  clearInterval(timer);

  const sender = rig.client();
  for (const words of [LHLO, MAIL, RCPT, 'DATA']) await sender.ask(`${words}\r\n`);
  t.match(await sender.reply(), /^354 /);
  sender.send('From: ann@example.org\r\n\r\nTea');
  t.equal(await sender.reply(), late);
  // What comes after that is not a message any more.
  sender.send('?\r\n.\r\n');
  t.equal(await sender.reply(), null);
  t.same(rig.site.lies(), {}, 'nothing of it was taken, and nothing stays');
  t.match(rig.seen('lmtp-drop'), [{ why: 'too slow' }, { why: 'too slow' }, { why: 'too slow' }]);
});

await t.test('a message that takes too long altogether, though it comes steadily', async (t) => {
  const rig = await lmtpRig(t, { limits: { messageMs: 400 } });
  const client = rig.client();
  for (const words of [LHLO, MAIL, RCPT, 'DATA']) await client.ask(`${words}\r\n`);
  await client.reply();
  const timer = setInterval(() => client.socket.writable && client.send('x\r\n'), 20);
  t.match(await client.reply(), /^421 4\.4\.2 /);
  clearInterval(timer);
  t.same(rig.site.lies(), {});
});

await t.test('a connection grows old', async (t) => {
  const rig = await lmtpRig(t, { limits: { connectionMs: 200 } });
  const client = rig.client();
  await client.reply();
  await new Promise((resolve) => {
    setTimeout(resolve, 250);
  });
  t.equal(await client.ask('NOOP\r\n'), '250 2.0.0 nothing done');
  t.equal(await client.reply(), '421 4.4.2 lists.test this connection is too old, closing');
});

await t.test('a client who leaves in the middle of a message', async (t) => {
  const rig = await lmtpRig(t);
  for (const how of ['end', 'destroy'] as const) {
    const client = rig.client();
    for (const words of [LHLO, MAIL, RCPT, 'DATA']) await client.ask(`${words}\r\n`);
    await client.reply();
    client.send('From: ann@example.org\r\n\r\nTea\r\n');
    client.send(Buffer.alloc(200_000, 'x'));
    client.socket[how]();
    const closed = new Promise((resolve) => client.socket.once('close', resolve));
    client.socket.resume();
    await closed;
  }
  await until('both are noticed', () => rig.seen('lmtp-drop').length === 2);
  t.same(rig.site.lies(), {}, 'it is dropped');
});

await t.test('a client who reads no replies is not read from without end', async (t) => {
  const rig = await lmtpRig(t, { limits: { commandMs: 1_000 } });
  const client = rig.client();
  await client.reply();
  client.socket.pause();
  const before = process.memoryUsage().rss;
  const noops = Buffer.from('NOOP\r\n'.repeat(10_000));
  for (let round = 0; round < 500; round++) client.send(noops);
  await new Promise((resolve) => {
    client.socket.once('close', resolve);
    client.socket.once('error', resolve);
    setTimeout(resolve, 8_000);
  });
  t.match(rig.seen('lmtp-drop'), [{ why: 'too slow' }]);
  const grown = (process.memoryUsage().rss - before) / 1024 / 1024;
  t.ok(grown < 100, `${Math.round(grown)} MB more, the client's own buffer of 30 MB among it`);
});

import { writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { NewsSettings } from '../../lib/config/site.ts';
import { judgePosting, type NntpPoster, nntpPoster } from '../../lib/deliver/nntp.ts';
import {
  type FakeScript,
  type FakeServer,
  fakeServer,
  makeCertificate,
  openConnections,
} from './fake-server.ts';

const ARTICLE = Buffer.from('Newsgroups: local.test\nSubject: x\n\n.dot\n');

const ANSWERS: Readonly<Record<string, string>> = {
  'MODE READER': '200 posting allowed',
  POST: '340 send it',
  QUIT: '205 bye',
};

/** A news server that differs from a friendly one by `answers` (by command) and `script`. */
function newsServer(
  t: Test,
  answers: Record<string, string> = {},
  script: FakeScript = {},
): Promise<FakeServer> {
  return fakeServer(t, {
    greeting: '200 news ready',
    command: (line, socket, connection) =>
      script.command?.(line, socket, connection) ?? answers[line] ?? ANSWERS[line] ?? '500 what?',
    message: () => '240 article received',
    ...(script.greeting === undefined ? {} : { greeting: script.greeting }),
    ...(script.tls === undefined ? {} : { tls: script.tls }),
    ...(script.message === undefined ? {} : { message: script.message }),
  });
}

function posterTo(t: Test, server: FakeServer, more: Partial<NewsSettings> = {}): NntpPoster {
  const settings = {
    host: '127.0.0.1',
    port: server.port,
    tls: 'never' as const,
    auth: null,
    timeoutMs: 2_000,
    ...more,
  };
  const poster = nntpPoster(settings);
  t.teardown(() => poster.close());
  return poster;
}

await t.test('many articles over one connection', async (t) => {
  const server = await newsServer(t);
  const poster = posterTo(t, server);
  const results = await Promise.all([1, 2, 3].map(() => poster.post(ARTICLE)));
  t.same(
    results,
    [1, 2, 3].map(() => ({ kind: 'posted', reply: '240 article received' })),
  );
  await poster.close();
  t.equal(server.connections(), 1);
  t.same(server.commands, ['MODE READER', 'POST', 'POST', 'POST', 'QUIT']);
  t.equal(String(server.messages[0]), 'Newsgroups: local.test\r\nSubject: x\r\n\r\n..dot\r\n');
  t.same(await openConnections(), []);
});

await t.test('what an answer means', async (t) => {
  const rows: readonly [string, string][] = [
    ['240 ok', 'posted'],
    ['240', 'posted'],
    ['441 435 Duplicate', 'duplicate'],
    ['441 Duplicate Message-ID', 'duplicate'],
    ['441 Article already exists', 'duplicate'],
    ['435 not wanted', 'duplicate'],
    ['441 Duplicate "Subject" header', 'permanent'],
    ['441 Duplicate Message-ID header field', 'permanent'],
    ['441 No such newsgroup', 'permanent'],
    ['441 437 Unapproved for "x"', 'permanent'],
    ['437 rejected', 'permanent'],
    ['441 436 try again later', 'temporary'],
    ['441 400 loadav too high', 'temporary'],
    ['436 try later', 'temporary'],
    ['400 going down', 'temporary'],
    ['503 program fault', 'temporary'],
    ['480 log in', 'temporary'],
    ['340 again?', 'temporary'],
    ['2400', 'temporary'],
    ['', 'temporary'],
  ];
  for (const [reply, kind] of rows) t.equal(judgePosting(reply), kind, reply);
});

await t.test('results as the server gives them', async (t) => {
  for (const [reply, kind] of [
    ['441 435 Duplicate', 'duplicate'],
    ['441 No colon-space in "x" header', 'permanent'],
    ['436 later', 'temporary'],
  ] as const) {
    const server = await newsServer(t, {}, { message: () => reply });
    t.match(await posterTo(t, server).post(ARTICLE), { kind, reply: new RegExp(reply) });
  }
});

await t.test('posting is not allowed: a matter of configuration, asked once', async (t) => {
  const rows: readonly [string, Record<string, string>, FakeScript, RegExp][] = [
    [
      '201 twice',
      { 'MODE READER': '201 no posting' },
      { greeting: '201 hi' },
      /does not allow posting: 201 no/,
    ],
    [
      '201, no modes',
      { 'MODE READER': '500 what' },
      { greeting: '201 hi' },
      /does not allow posting: 201 hi/,
    ],
    ['440', { POST: '440 posting not permitted' }, {}, /does not let us post: 440 posting not permitted/],
    ['480', { POST: '480 log in' }, {}, /does not let us post: 480/],
    ['502', {}, { greeting: '502 no access' }, /does not welcome us: 502/],
    ['reader 502', { 'MODE READER': '502 no' }, {}, /does not take readers: 502/],
  ];
  for (const [label, answers, script, words] of rows) {
    const server = await newsServer(t, answers, script);
    const poster = posterTo(t, server);
    for (let n = 0; n < 3; n++)
      t.match(await poster.post(ARTICLE), { kind: 'temporary', reply: words }, label);
    t.equal(server.connections(), 1, label);
    t.same(server.messages, [], label);
  }
  const changed = await newsServer(t, {}, { greeting: '201 mode reader first' });
  t.match(await posterTo(t, changed).post(ARTICLE), { kind: 'posted' }, 'the later word counts');
  const unaware = await newsServer(t, { 'MODE READER': '500 what' });
  t.match(
    await posterTo(t, unaware).post(ARTICLE),
    { kind: 'posted' },
    'MODE READER is not known everywhere',
  );
});

await t.test('logging in', async (t) => {
  const passwordFile = join(t.testdir(), 'password');
  writeFileSync(passwordFile, 's3cret\n');
  const auth = { user: 'lists', passwordFile };
  const login = { 'AUTHINFO USER lists': '381 more', 'AUTHINFO PASS s3cret': '281 welcome' };

  const server = await newsServer(t, { ...login, 'MODE READER': '201 not yet' });
  t.match(await posterTo(t, server, { auth }).post(ARTICLE), { kind: 'posted' });
  t.same(server.commands.slice(0, 3), ['MODE READER', 'AUTHINFO USER lists', 'AUTHINFO PASS s3cret']);

  let asked = 0;
  const first = await newsServer(t, login, {
    command: (line) => (line === 'MODE READER' && asked++ === 0 ? '480 log in first' : undefined),
  });
  t.match(await posterTo(t, first, { auth }).post(ARTICLE), { kind: 'posted' });
  t.equal(first.commands.filter((line) => line === 'AUTHINFO USER lists').length, 1);

  const strict = await newsServer(t, { ...login, 'AUTHINFO PASS s3cret': '481 wrong' });
  const refused = await posterTo(t, strict, { auth }).post(ARTICLE);
  t.match(refused, { kind: 'temporary', reply: /cannot log in as "lists": 481 wrong/ });
  t.notMatch(refused.reply, /s3cret/);

  const missing = { user: 'lists', passwordFile: `${passwordFile}.not` };
  t.match(await posterTo(t, server, { auth: missing }).post(ARTICLE), {
    kind: 'temporary',
    reply: /cannot read the password file/,
  });
  const forged = { user: 'lists\r\nPOST', passwordFile };
  t.match(await posterTo(t, server, { auth: forged }).post(ARTICLE), {
    kind: 'temporary',
    reply: /control character/,
  });
});

await t.test('TLS', async (t) => {
  const own = makeCertificate(t);
  if (own === null) {
    t.plan(0, 'openssl(1) is not here to make a certificate');
    return;
  }
  const server = await newsServer(t, {}, { tls: own });
  const settings = {
    host: 'localhost',
    port: server.port,
    tls: 'implicit' as const,
    auth: null,
    timeoutMs: 2_000,
  };
  const known = nntpPoster(settings, { ca: own.cert });
  t.match(await known.post(ARTICLE), { kind: 'posted' });
  await known.close();
  const unknown = nntpPoster(settings);
  t.match(await unknown.post(ARTICLE), { kind: 'temporary', reply: /self-signed certificate/ });
  await unknown.close();
  t.same(await openConnections(), []);
});

const hangUp = (socket: Socket): string => {
  socket.destroy();
  return '';
};

await t.test('connections that break', async (t) => {
  const idle: Socket[] = [];
  const server = await newsServer(
    t,
    {},
    {
      command: (line, socket) => {
        if (line === 'MODE READER') idle.push(socket);
        return undefined;
      },
    },
  );
  const poster = posterTo(t, server);
  t.match(await poster.post(ARTICLE), { kind: 'posted' });
  idle[0]?.destroy();
  t.match(await poster.post(ARTICLE), { kind: 'posted' }, 'opened again after a hang-up');
  idle[1]?.write('400 idle too long\r\n');
  await new Promise((resolve) => setTimeout(resolve, 30));
  t.match(await poster.post(ARTICLE), { kind: 'posted' }, 'and after a goodbye');
  t.equal(server.connections(), 3);

  const after = await newsServer(t, {}, { message: (_bytes, socket) => hangUp(socket) });
  t.match(await posterTo(t, after).post(ARTICLE), { kind: 'temporary', reply: /closed|ECONNRESET/ });

  const silent = await newsServer(t, {}, { message: () => null });
  const began = Date.now();
  t.match(await posterTo(t, silent, { timeoutMs: 200 }).post(ARTICLE), {
    kind: 'temporary',
    reply: /news server 127\.0\.0\.1:\d+: no answer within/,
  });
  t.ok(Date.now() - began < 2_000);

  const nobody = posterTo(t, await newsServer(t, {}, { greeting: null }), { timeoutMs: 200 });
  for (let n = 0; n < 10; n++) t.match(await nobody.post(ARTICLE), { kind: 'temporary' });
  t.ok(Date.now() - began < 2_000, 'a dead server costs one attempt');
});

await t.test('a server that hangs each time costs three timeouts', async (t) => {
  const server = await newsServer(t, {}, { message: () => null });
  const poster = posterTo(t, server, { timeoutMs: 100 });
  for (let n = 0; n < 6; n++) await poster.post(ARTICLE);
  t.equal(server.connections(), 3);
  t.match(await poster.post(ARTICLE), { kind: 'temporary', reply: /given up for this run: .*no answer/ });
});

await t.test('the run ends', async (t) => {
  const ending = new AbortController();
  const server = await newsServer(
    t,
    {},
    {
      message: () => {
        ending.abort();
        return null;
      },
    },
  );
  const poster = posterTo(t, server);
  t.match(await poster.post(ARTICLE, ending.signal), { kind: 'temporary', reply: /run is ending/ });
  t.match(await poster.post(ARTICLE, ending.signal), { kind: 'temporary', reply: /run is ending/ });
  t.equal(server.connections(), 1);
  await poster.close();
  t.same(await openConnections(), []);
});

import t, { type Test } from 'tap';
import { openNewsRunner } from '../../lib/runners/news.ts';
import { type FakeScript, type FakeServer, fakeServer } from '../deliver/fake-server.ts';
import { contextOf, entryOf, NOON, servicesOf } from '../support/runner-rig.ts';
import { siteRig } from '../support/site-rig.ts';

const ANSWERS: Readonly<Record<string, string>> = {
  'MODE READER': '200 posting allowed',
  POST: '340 send it',
  QUIT: '205 bye',
};

/** A news server that answers an article with `reply`. */
function newsServer(t: Test, reply = '240 article received', script: FakeScript = {}): Promise<FakeServer> {
  return fakeServer(t, {
    greeting: '200 news ready',
    command: (line) => ANSWERS[line] ?? '500 what?',
    message: () => reply,
    ...script,
  });
}

/** A runner for the newsgroup local.tea on this server. */
async function newsRunner(t: Test, port: number) {
  const news = { host: '127.0.0.1', port, tls: 'never' as const, auth: null, timeoutMs: 2000 };
  const runner = openNewsRunner(await servicesOf(t, { site: { news }, list: { newsgroup: 'local.tea' } }));
  t.teardown(() => runner.close?.());
  return runner;
}

const POST = 'From: ann@example.org\nMessage-ID: <m@x>\nReceived: from a\n\tby b\nPath: x\n\nTea?\n';

await t.test('an accepted post reaches the newsgroup', async (t) => {
  const server = await newsServer(t);
  const site = await siteRig(t, {
    site: `news: { host: 127.0.0.1, port: ${server.port} }\n`,
    list: 'newsgroup: local.tea\n',
  });
  await site.inject(POST.replace('ann', 'olga'));
  await site.run();
  t.same(site.lies(), {});
  const article = server.messages[0]?.toString('latin1');
  t.match(article, /\r\nNewsgroups: local\.tea\r\nApproved: friends@example\.org\r\n\r\nTea\?\r\n$/);
  t.match(article, 'Subject: [friends] (no subject)\r\n');
  t.notMatch(article, /^(Received|Path|\tby b)/m, 'without the way of the mail');
});

await t.test('the article', async (t) => {
  const server = await newsServer(t);
  const runner = await newsRunner(t, server.port);
  t.same(await runner.run(entryOf(POST), contextOf()), { kind: 'done', outputs: [], note: 'posted' });
  t.equal(
    server.messages[0]?.toString(),
    'From: ann@example.org\r\nMessage-ID: <m@x>\r\nSubject: (no subject)\r\nNewsgroups: local.tea\r\n' +
      'Approved: friends@example.org\r\n\r\nTea?\r\n',
  );
});

await t.test('a duplicate is done', async (t) => {
  const runner = await newsRunner(t, (await newsServer(t, '441 435 Duplicate')).port);
  t.same(await runner.run(entryOf(POST), contextOf()), { kind: 'done', outputs: [], note: 'duplicate' });
});

await t.test('refused: a person must look', async (t) => {
  const runner = await newsRunner(t, (await newsServer(t, '441 437 no such group')).port);
  const verdict = await runner.run(entryOf(POST), contextOf());
  t.same(verdict, { kind: 'shunt', reason: 'the news server refused it: 441 437 no such group' });
});

await t.test('a server that lets nobody approve gets the post without it', async (t) => {
  const answers = ['441 437 You are not allowed to set the Approved header', '240 received'];
  const server = await newsServer(t, '', { message: () => answers.shift() ?? '500 what?' });
  const runner = await newsRunner(t, server.port);
  t.same(await runner.run(entryOf(POST), contextOf()), { kind: 'done', outputs: [], note: 'posted' });
  const [first, second, ...more] = server.messages.map(String);
  t.same(more, []);
  t.match(first, '\r\nApproved: friends@example.org\r\n');
  t.equal(second, first?.replace('Approved: friends@example.org\r\n', ''), 'and is the same in all else');
});

await t.test('the second try decides', async (t) => {
  const second = async (answer: string) => {
    const answers = ['441 Approved: is not for you', answer];
    const server = await newsServer(t, '', { message: () => answers.shift() ?? '500 what?' });
    return (await newsRunner(t, server.port)).run(entryOf(POST), contextOf());
  };
  t.same(await second('441 435 Duplicate'), { kind: 'done', outputs: [], note: 'duplicate' });
  t.match(await second('400 come back later'), { kind: 'defer', failed: true });
  const reason = 'the news server refused it: 441 the group is moderated, and not approved';
  t.same(await second('441 the group is moderated, and not approved'), { kind: 'shunt', reason }, 'no third');
});

await t.test('down, or it says later: deferred and counted', async (t) => {
  const down = await newsRunner(t, 1);
  const verdict = await down.run(entryOf(POST, {}, { failures: 1 }), contextOf());
  t.match(verdict, { kind: 'defer', failed: true, until: NOON + 10 * 60_000 });
  const reason = verdict.kind === 'defer' ? verdict.reason : '';
  t.match(reason, /^news server 127\.0\.0\.1:1: cannot connect .*ECONNREFUSED/);
  t.equal(reason.match(/news server/g)?.length, 1, 'said once');
  const busy = await newsRunner(t, (await newsServer(t, '400 come back later')).port);
  t.match(await busy.run(entryOf(POST), contextOf()), {
    kind: 'defer',
    failed: true,
    until: NOON + 5 * 60_000,
  });
});

await t.test('told to end: nobody’s failure', async (t) => {
  const runner = await newsRunner(t, (await newsServer(t)).port);
  const verdict = await runner.run(entryOf(POST), contextOf({ signal: AbortSignal.abort() }));
  t.match(verdict, { kind: 'defer', failed: false, until: NOON });
});

await t.test('a site without news, a list without a newsgroup', async (t) => {
  const without = openNewsRunner(await servicesOf(t));
  t.match(await without.run(entryOf(POST), contextOf()), { kind: 'shunt', reason: /no news server/ });
  const news = { host: '127.0.0.1', port: 1, tls: 'never' as const, auth: null, timeoutMs: 2000 };
  const runner = openNewsRunner(await servicesOf(t, { site: { news } }));
  t.match(await runner.run(entryOf(POST), contextOf()), {
    kind: 'shunt',
    reason: 'the list friends@example.org has no newsgroup any more',
  });
});

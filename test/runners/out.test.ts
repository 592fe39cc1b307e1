import t, { type Test } from 'tap';
import { TemporaryError } from '../../lib/base/errors.ts';
import { parseMime } from '../../lib/mail/parse-mime.ts';
import { openOutRunner } from '../../lib/runners/out.ts';
import { mailServer, type Refusals } from '../support/mail-server.ts';
import { contextOf, entryOf, NOON, outputsOf, servicesOf } from '../support/runner-rig.ts';
import { serverSettings } from '../support/settings.ts';
import { siteRig } from '../support/site-rig.ts';

const POST = 'From: ann@example.org\nSubject: tea\n\nTea?\n';
const THREE = ['ann@example.org', 'ben@example.org', 'eve@zoo.example'];

/** A site whose members are `THREE`, and the server it delivers to. */
async function smtpSite(t: Test, refusals: Refusals = { recipients: {} }, list = '', site = '') {
  const server = await mailServer(t, refusals);
  const rig = await siteRig(t, {
    members: THREE,
    list,
    site: `transport: { type: smtp, host: 127.0.0.1, port: ${server.port}, tls: never }\n${site}`,
  });
  return { server, site: rig };
}

await t.test('into Maildirs', async (t) => {
  const site = await siteRig(t, { members: THREE });
  await site.inject(POST);
  await site.run();
  t.same(site.lies(), {});
  for (const member of THREE) {
    t.match(site.mail(member), [/^Return-Path: <friends-bounces@example\.org>\nDelivered-To: .*\nFrom: ann/]);
  }
});

await t.test('one transaction for all, with the list’s reverse-path', async (t) => {
  const { server, site } = await smtpSite(t);
  await site.inject(POST);
  await site.run();
  t.same(site.lies(), {});
  t.match(server.taken, [{ from: 'friends-bounces@example.org', to: THREE, message: /\r\n\r\nTea\?\r\n$/ }]);
  t.equal(server.taken.length, 1);
});

await t.test('as many transactions as the limit of recipients asks for', async (t) => {
  const { server, site } = await smtpSite(t, undefined, '', 'limits: { recipients: 2 }\n');
  await site.inject(POST);
  await site.run();
  t.same(
    server.taken.map(({ to }) => to),
    [THREE.slice(0, 2), THREE.slice(2)],
  );
});

await t.test('VERP: a transaction for each, whose bounces name him', async (t) => {
  const { server, site } = await smtpSite(t, undefined, 'verp: true\n');
  await site.inject(POST);
  await site.run();
  t.same(
    server.taken.map(({ from, to }) => [from, ...to]),
    THREE.map((member) => [`friends-bounces+${member.replace('@', '=')}@example.org`, member]),
  );
});

await t.test('a recipient refused for a time goes to retry, alone', async (t) => {
  const { server, site } = await smtpSite(t, { recipients: { 'ben@example.org': '451 4.2.1 try later' } });
  await site.inject(POST);
  await site.run('in', 'archive', 'out');
  t.same(site.lies(), { 'retry/new': 1 });
  const { meta, message } = await site.entry('retry');
  t.same(meta.recipients, ['ben@example.org']);
  t.match(meta.attempts, { 'ben@example.org': { failures: 1, reply: /^451 4\.2\.1 try later/ } });
  t.match(meta.conversation, '> RCPT TO:<ben@example.org>');
  t.match(message, 'Subject: [friends] tea');
  t.same(server.taken[0]?.to, ['ann@example.org', 'eve@zoo.example']);
  await site.run();
  t.same(site.lies(), { 'retry/deferred': 1 });
});

await t.test('a recipient refused for good becomes a report', async (t) => {
  const { site } = await smtpSite(t, { recipients: { 'eve@zoo.example': '550 5.1.1 no such user' } });
  await site.inject(POST);
  await site.run('in', 'archive', 'out');
  t.same(site.lies(), { 'bounces/new': 1 });
  const { meta, message } = await site.entry('bounces');
  t.match(meta, { role: 'bounces', sender: '', list: 'friends@example.org' });
  t.match(message, 'Final-Recipient: rfc822; eve@zoo.example');
  t.match(message, 'Status: 5.1.1');
  t.match(message, 'Diagnostic-Code: smtp; 550 5.1.1 no such user');
  await site.run();
  t.same(site.lies(), {});
  t.match(
    (await site.call(['--json', 'member', 'show', 'friends', 'eve@zoo.example'])).out,
    '"status":"5.1.1"',
  );
});

await t.test('a message refused is told to the owners, and counts against nobody', async (t) => {
  const { server, site } = await smtpSite(t, { recipients: {}, message: '554 5.7.1 looks like spam' });
  await site.inject(POST);
  await site.run('in', 'archive', 'out');
  t.same(site.lies(), { 'virgin/new': 1 });
  server.refusals = { recipients: {} };
  await site.run();
  t.same(site.lies(), {});
  const [notice] = server.taken;
  t.match(notice, { from: '', to: ['olga@example.org'] });
  const { subject, text } = (await parseMime(Buffer.from(notice?.message ?? '', 'latin1'))) ?? {};
  t.equal(subject, 'A post to friends was refused by the mail server');
  t.match(text?.replace(/\s+/g, ' '), 'for 3 members.');
  t.match(text, 'Reply: 554 5.7.1 looks like spam');
  t.match((await site.call(['--json', 'member', 'show', 'friends', 'ann@example.org'])).out, '"bounces":[]');
});

await t.test('a notice that is refused ends there', async (t) => {
  const { site } = await smtpSite(t, {
    recipients: { 'olga@example.org': '550 5.1.1 no' },
    message: '554 5.7.1 spam',
  });
  await site.inject('From: stranger@example.com\n\nhold me\n');
  await site.run();
  t.same(site.lies(), { 'in/held': 1 });
});

await t.test('no server: all to retry', async (t) => {
  const site = await siteRig(t, {
    members: THREE,
    site: 'transport: { type: smtp, host: 127.0.0.1, port: 1, tls: never, timeouts: { connect: 2s } }\n',
  });
  await site.inject(POST);
  await site.run('in', 'archive', 'out');
  t.same(site.lies(), { 'retry/new': 1 });
  t.same((await site.entry('retry')).meta.recipients, THREE);
});

await t.test('nobody to deliver to', async (t) => {
  const runner = openOutRunner(await servicesOf(t));
  const verdict = await runner.run(entryOf(POST, { recipients: [] }), contextOf());
  t.same(verdict, { kind: 'shunt', reason: 'it has no recipients' });
});

const settled = (recipient: string, kind = 'delivered') => ({
  recipient,
  kind,
  scope: 'recipient',
  status: kind === 'delivered' ? '2.0.0' : '5.1.1',
  reply: kind,
});

await t.test('the journal', async (t) => {
  const server = await mailServer(t, { recipients: { 'ben@example.org': '451 4.2.1 later' } });
  const transport = serverSettings({ port: server.port, recipients: 1, connections: 1 });
  const services = await servicesOf(t, { site: { transport } });
  const entry = entryOf(POST, { sender: 'friends-bounces@example.org', recipients: THREE });
  await t.test('what a dead run had settled is not sent again', async (t) => {
    const runner = openOutRunner(services);
    t.teardown(() => runner.close?.());
    const journal = [{ outcomes: [settled('ann@example.org'), settled('ben@example.org', 'permanent')] }];
    const verdict = await runner.run(entry, contextOf({}, journal));
    t.same(
      server.taken.splice(0).map(({ to }) => to),
      [['eve@zoo.example']],
    );
    t.match(verdict, { note: 'delivered=2 temporary=0 permanent=1' });
    t.match(outputsOf(verdict), [{ queue: 'bounces' }], 'what it had not told is told');
  });

  await t.test('each transaction is noted before the next', async (t) => {
    const runner = openOutRunner(services);
    t.teardown(() => runner.close?.());
    const records: unknown[] = [];
    const verdict = await runner.run(entry, contextOf({}, records));
    t.match(records, [{ delivered: ['ann@example.org'] }, { delivered: ['eve@zoo.example'] }]);
    t.equal(records.length, 2, 'what failed for a time is not settled');
    t.match(outputsOf(verdict), [{ queue: 'retry', meta: { recipients: ['ben@example.org'] } }]);
    t.same(
      server.taken.splice(0).map(({ to }) => to),
      [['ann@example.org'], ['eve@zoo.example']],
    );
  });

  await t.test('what is no record of ours is passed over', async (t) => {
    const runner = openOutRunner(services);
    t.teardown(() => runner.close?.());
    const journal = [null, 1, {}, { outcomes: 1 }, { outcomes: [null, { recipient: 1 }, 'x'] }];
    await runner.run(entry, contextOf({}, journal));
    t.equal(server.taken.splice(0).length, 2);
  });

  await t.test('what could not be noted is not sent', async (t) => {
    const runner = openOutRunner(services);
    t.teardown(() => runner.close?.());
    const reserved: number[] = [];
    const journal = {
      records: () => [],
      append: async () => {},
      reserve: (bytes: number) => {
        reserved.push(bytes);
        if (reserved.length === 2) throw Object.assign(new Error('ENOSPC'), { syscall: 'write' });
      },
    };
    await t.rejects(runner.run(entry, contextOf({ journal })), { message: 'ENOSPC' });
    t.same(
      server.taken.splice(0).map(({ to }) => to),
      [['ann@example.org']],
    );
    t.ok((reserved[0] ?? 0) > 100);
  });

  await t.test('told to end: nobody’s failure, and the next run goes on', async (t) => {
    const runner = openOutRunner(services);
    t.teardown(() => runner.close?.());
    const records: unknown[] = [];
    const stop = new AbortController();
    const journal = {
      records: () => [...records],
      append: async (record: unknown) => {
        records.push(record);
        stop.abort();
      },
    };
    const verdict = await runner.run(entry, contextOf({ journal, signal: stop.signal }));
    t.same(verdict, { kind: 'defer', until: NOON, reason: 'the run was told to end', failed: false });
    t.same(
      server.taken.splice(0).map(({ to }) => to),
      [['ann@example.org']],
    );
    server.refusals = { recipients: {} };
    const next = openOutRunner(services);
    t.teardown(() => next.close?.());
    t.match(await next.run(entry, contextOf({}, records)), { note: 'delivered=3 temporary=0 permanent=0' });
    t.same(
      server.taken.splice(0).map(({ to }) => to),
      [['ben@example.org'], ['eve@zoo.example']],
    );
  });
});

await t.test('a second failure keeps the time of the first', async (t) => {
  const transport = { type: 'maildir' as const, path: '/dev/null/mail' };
  const runner = openOutRunner(await servicesOf(t, { site: { transport } }));
  const before = { failures: 3, firstFailedAt: NOON - 1000, lastAt: NOON - 10, dueAt: NOON, reply: '450' };
  const attempts = { 'ann@example.org': before, 'gone@example.org': before };
  const entry = entryOf(POST, { recipients: ['ann@example.org'], attempts });
  const [retry] = outputsOf(await runner.run(entry, contextOf()));
  t.match(retry?.meta.attempts, {
    'ann@example.org': { failures: 4, firstFailedAt: NOON - 1000, lastAt: NOON },
  });
  t.same(Object.keys(retry?.meta.attempts ?? {}), ['ann@example.org']);
});

await t.test('of an entry out of retry only those who are due are tried', async (t) => {
  const server = await mailServer(t, { recipients: { 'ann@example.org': '451 4.2.1 later' } });
  const transport = serverSettings({ port: server.port });
  const runner = openOutRunner(await servicesOf(t, { site: { transport } }));
  t.teardown(() => runner.close?.());
  const attempt = { failures: 1, firstFailedAt: NOON - 9, lastAt: NOON - 9, dueAt: NOON, reply: '450' };
  const later = { ...attempt, failures: 7, dueAt: NOON + 1 };
  const attempts = { 'ann@example.org': attempt, 'ben@example.org': later, 'eve@zoo.example': attempt };
  const verdict = await runner.run(entryOf(POST, { recipients: THREE, attempts }), contextOf());
  t.match(verdict, { note: 'delivered=1 temporary=1 permanent=0 waiting=1' });
  t.same(
    server.taken.map(({ to }) => to),
    [['eve@zoo.example']],
  );
  const [retry] = outputsOf(verdict);
  t.same(retry?.meta.recipients, ['ann@example.org', 'ben@example.org']);
  t.match(retry?.meta.attempts?.['ann@example.org'], { failures: 2 });
  t.strictSame(retry?.meta.attempts?.['ben@example.org'], later);
});

await t.test(
  'a state that cannot be opened is told by the entry, and closing is no second trouble',
  async (t) => {
    const services = await servicesOf(t);
    const runner = openOutRunner({
      ...services,
      database: async () => {
        throw new Error('the state is locked');
      },
    });
    await t.rejects(runner.run(entryOf(POST, { recipients: THREE }), contextOf()), /locked/);
    await t.resolves(Promise.resolve(runner.close?.()));
  },
);

await t.test('without the key of short reverse-paths nothing is sent', async (t) => {
  const server = await mailServer(t);
  const transport = serverSettings({ port: server.port });
  const services = await servicesOf(t, { site: { transport } });
  const { db } = services;
  const locked = {
    ...db,
    get: (sql: string, ...params: Parameters<typeof db.get>[1][]) => {
      if (sql.includes('secret')) throw new TemporaryError('the state is locked');
      return db.get(sql, ...params);
    },
  };
  const runner = openOutRunner({ ...services, database: async () => locked });
  t.teardown(() => runner.close?.());
  const long = `${'x'.repeat(60)}@example.org`;
  const meta = { sender: 'friends-bounces@example.org', verp: true };
  const entry = entryOf(POST, { ...meta, recipients: ['ann@example.org', long] });
  await t.rejects(runner.run(entry, contextOf()), { message: 'the state is locked' });
  t.same(server.taken, []);
  const plain = entryOf(POST, { ...meta, recipients: ['ann@example.org'] });
  t.match(await runner.run(plain, contextOf()), { note: 'delivered=1 temporary=0 permanent=0' });
});

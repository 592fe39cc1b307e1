/** Posts on their way to several mail servers, as an operator sees it: whole sites over real connections. */
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { memberOfExtension } from '../../lib/list/verp-token.ts';
import { openDatabase } from '../../lib/state/database.ts';
import { siteSecret } from '../../lib/state/secret.ts';
import { fakeServer, listen } from '../deliver/fake-server.ts';
import { type MailServer, mailServer } from '../support/mail-server.ts';
import { start, until } from '../support/program.ts';
import { siteRig } from '../support/site-rig.ts';

const ANN = 'ann@example.org';
const EVE = 'eve@zoo.example';
const post = (subject: string, body = 'Tea?\n') => `From: ${ANN}\nSubject: ${subject}\n\n${body}`;

const REPORT = [
  'From: MAILER-DAEMON@example.com\nMIME-Version: 1.0\nSubject: failed',
  'Content-Type: multipart/report; report-type=delivery-status; boundary=b\n',
  '--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n',
  'Final-Recipient: rfc822; somebody-else@example.com\nAction: failed\nStatus: 5.1.1',
  'Diagnostic-Code: smtp; 550 5.1.1 no such user\n\n--b--\n',
].join('\n');

const smtp = (port: number, more = '') => `{ type: smtp, host: 127.0.0.1, port: ${port}, tls: never${more} }`;

const recipients = ({ taken }: MailServer) => taken.map(({ to }) => to.join(' '));

/** A server that hangs up on everybody, and the connections it had. */
async function deadServer(t: Test) {
  const state = { port: 0, connections: 0 };
  const server = createServer((socket) => {
    state.connections++;
    socket.on('error', () => {});
    socket.end('421 4.3.2 not today\r\n');
  });
  state.port = await listen(t, server);
  return state;
}

await t.test('one of two servers is down', async (t) => {
  const good = await mailServer(t);
  const dead = await deadServer(t);
  const site = await siteRig(t, {
    members: [ANN, EVE, 'fay@zoo.example'],
    site: `transport: ${smtp(good.port)}\nroutes: { zoo.example: ${smtp(dead.port)} }\n`,
  });
  await site.inject(post('one'));
  await site.inject(post('two'));
  await site.run();
  t.same(recipients(good), [ANN, ANN], 'the others have their mail');
  t.equal(dead.connections, 1, 'one attempt, not one for each post');
  t.same(site.lies(), { 'retry/deferred': 2 });
  const { out } = await site.call(['--json', 'destinations', 'show', `smtp:127.0.0.1:${dead.port}`]);
  const { notBefore, failures } = JSON.parse(out);
  t.equal(failures, 1);
  for (const { meta } of await site.entries('retry', 'deferred')) {
    t.same(meta.recipients, [EVE, 'fay@zoo.example']);
    for (const recipient of meta.recipients)
      t.match(meta.attempts?.[recipient], { dueAt: notBefore, failures: 0, reply: /not today/ });
    t.match(meta.conversation, '< 421 4.3.2 not today');
  }

  await site.inject(post('three'));
  await site.run();
  t.equal(dead.connections, 1, 'nor in the next run, before it is due');
  t.same(recipients(good), [ANN, ANN, ANN]);
  t.same(site.lies(), { 'retry/deferred': 3 });
  const report = JSON.parse((await site.call(['--json', '-r', 'in', '--once'])).out);
  t.equal(report.earliestDueAt, notBefore, 'a timer hears when');
  t.equal(report.nextDueAt, null, 'and that it is not one of its own queues');
});

await t.test('a message too large for one destination', async (t) => {
  const good = await mailServer(t);
  const small = await mailServer(t);
  const site = await siteRig(t, {
    members: [ANN, EVE],
    site: `transport: ${smtp(good.port)}\nroutes: { zoo.example: ${smtp(small.port, ', message_size: 2KB')} }\n`,
  });
  await site.inject(post('big', `${'x'.repeat(70)}\n`.repeat(100)));
  await site.inject(post('small'));
  await site.run();
  t.same(recipients(small), [EVE]);
  t.match(small.taken[0]?.message, 'Subject: [friends] small');
  t.same(recipients(good).sort(), [ANN, ANN, 'olga@example.org'], 'and the owner is told');
  const notice = good.taken.find(({ to }) => to[0] === 'olga@example.org')?.message;
  t.match(notice?.replace(/\s+/g, ' '), `takes up to 2048 (message_size)`);
  t.same(site.lies(), {});
  t.match((await site.call(['--json', 'member', 'show', 'friends', EVE])).out, '"bounces":[]');
});

await t.test('several domains, one destination: one transaction', async (t) => {
  const server = await mailServer(t);
  const site = await siteRig(t, {
    members: [ANN, EVE, 'gil@moon.example'],
    site: `transport: { type: maildir, path: mail }\nroutes:\n${['zoo.example', 'moon.example', 'example.org']
      .map((domain) => `  ${domain}: ${smtp(server.port)}\n`)
      .join('')}`,
  });
  await site.inject(post('x'));
  await site.run();
  t.equal(server.taken.length, 1);
  t.same(server.taken[0]?.to.toSorted(), [ANN, EVE, 'gil@moon.example']);
});

await t.test('one connection in all', async (t) => {
  let open = 0;
  let most = 0;
  const connected = (socket: Socket) => {
    most = Math.max(most, ++open);
    socket.on('close', () => open--);
  };
  const one = await fakeServer(t, { connected });
  const two = await fakeServer(t, { connected });
  const site = await siteRig(t, {
    members: [ANN, EVE, 'ben@example.org', 'fay@zoo.example'],
    list: 'verp: always\n',
    site: `limits: { connections: 1 }\ntransport: ${smtp(one.port)}\nroutes: { zoo.example: ${smtp(two.port)} }\n`,
  });
  for (const subject of ['a', 'b', 'c']) await site.inject(post(subject));
  await site.run();
  t.same([one.messages.length, two.messages.length], [6, 6]);
  t.ok(most <= 2, 'a goodbye may not be over when the next connection comes');
  t.same(site.lies(), {});
});

await t.test('VERP by turns, and for addresses that do not fit', async (t) => {
  const server = await mailServer(t);
  const long = `${'maximiliane.mustermann-'.repeat(2)}x@department.university.example`;
  const site = await siteRig(t, {
    members: [ANN, long],
    list: 'verp: { every: 2 }\n',
    site: `transport: ${smtp(server.port)}\n`,
  });
  for (const subject of ['one', 'two', 'three', 'four']) {
    await site.inject(post(subject));
    await site.run();
  }
  t.same(
    server.taken.map(
      ({ to, message }) => `${/^Subject: \[friends\] (.*?)\r/m.exec(message)?.[1]} ${to.length}`,
    ),
    ['one 2', 'two 1', 'two 1', 'three 2', 'four 1', 'four 1'],
  );
  const senderTo = (recipient: string) =>
    server.taken.find(({ to }) => to.length === 1 && to[0] === recipient)?.from ?? '';
  t.equal(senderTo(ANN), 'friends-bounces+ann=example.org@example.org');
  const short = senderTo(long);
  t.match(short, /^friends-bounces\+v-[a-z2-7]{16}@example\.org$/);
  const db = await openDatabase(`${site.dir}/state/qrunner.db`);
  t.teardown(() => db.close());
  const extension = /\+(.*)@/.exec(short)?.[1] ?? '';
  t.equal(memberOfExtension(db, siteSecret(db, 'verp'), 'friends@example.org', extension), long);
  // The report names whom his mail was forwarded to; the address it came to says who it is here.
  await site.inject(REPORT, '--to', 'bounces', '-x', extension, '-f', '');
  await site.run();
  const { out } = await site.call(['--json', 'member', 'show', 'friends', long]);
  t.match(JSON.parse(out), { bounces: [{ status: '5.1.1' }] });
});

await t.test('owners hear once of members who wait', async (t) => {
  const good = await mailServer(t);
  const site = await siteRig(t, {
    members: [ANN, EVE],
    list: 'retry: { warn: 1s }\n',
    site: `transport: ${smtp(good.port)}\n`,
  });
  good.refusals = { recipients: { [EVE]: '451 4.2.1 the mailbox is busy' } };
  await site.inject(post('x'));
  await site.run();
  await sleep(1_100);
  for (let round = 0; round < 2; round++) {
    await site.call(['out', 'flush']);
    await site.run();
  }
  t.same(recipients(good), [ANN, 'olga@example.org']);
  t.match(good.taken[1]?.message, 'Subject: A post to friends is delayed for one member');
  t.match(await site.entry('retry', 'deferred'), {
    meta: { warned: true, attempts: { [EVE]: { failures: 3 } } },
  });
});

await t.test('told to end in the middle: the next run goes on, and nobody has it twice', async (t) => {
  const members = Array.from({ length: 12 }, (_, number) => `m${number}@example.org`);
  const server = await mailServer(t, { recipients: {}, thinkMs: 100 });
  const site = await siteRig(t, {
    members,
    list: 'verp: always\n',
    site: `limits: { connections: 1 }\ntransport: ${smtp(server.port)}\n`,
  });
  await site.inject(`From: m0@example.org\nSubject: x\n\ny\n`);
  const { child, ended } = start(site.dir, ['--all', '--once']);
  await until('three transactions', () => server.taken.length >= 3);
  child.kill('SIGTERM');
  t.match(await ended, { status: 0, signal: null });
  const half = server.taken.length;
  t.ok(half < members.length, `${half} had it then`);
  t.ok(
    Object.keys(site.lies()).some((place) => place.startsWith('out/')),
    JSON.stringify(site.lies()),
  );
  await site.run();
  t.same(recipients(server).toSorted(), members.toSorted());
  t.same(site.lies(), {});
});

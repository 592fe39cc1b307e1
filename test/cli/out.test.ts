import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { listen } from '../deliver/fake-server.ts';
import { mailServer } from '../support/mail-server.ts';
import { siteRig } from '../support/site-rig.ts';

const POST = 'From: ann@example.org\nSubject: tea\n\nTea?\n';
const ANN = 'ann@example.org';
const EVE = 'eve@zoo.example';

/** A site that delivers to a server; zoo.example has a server of its own. */
async function site(t: Test, more: { site?: string; zoo?: string } = {}) {
  const server = await mailServer(t);
  const zoo = await mailServer(t);
  const rig = await siteRig(t, {
    members: [ANN, EVE],
    site: [
      `transport: { type: smtp, host: 127.0.0.1, port: ${server.port}, tls: never }`,
      `routes: { zoo.example: { type: smtp, host: 127.0.0.1, port: ${zoo.port}, tls: never${more.zoo ?? ''} } }`,
      more.site ?? '',
    ].join('\n'),
  });
  const taken = () => [...server.taken, ...zoo.taken].flatMap(({ to }) => to).sort();
  const say = async (...args: string[]) => {
    const { status, out, err } = await rig.call(args);
    t.same([status, err], [0, ''], args.join(' '));
    return out;
  };
  const post = async () => {
    await rig.inject(POST);
    await rig.run();
  };
  return { ...rig, say, post, taken, zoo, server };
}

await t.test('nothing is held back', async (t) => {
  const { say } = await site(t);
  t.equal(await say('out'), 'Nothing is held back.\n');
  t.equal(await say('--json', 'out'), '[]\n');
  t.equal(await say('out', 'flush'), 'flush everything\nNothing waits in retry.\n');
});

for (const [words, held] of [
  [
    ['--list', 'friends'],
    [ANN, EVE],
  ],
  [['--member', 'EVE@zoo.example'], [EVE]],
  [['--destination', 'zoo.example'], [EVE]],
  [[], [ANN, EVE]],
] as const) {
  await t.test(`hold ${words.join(' ')}, and release`, async (t) => {
    const { say, post, taken, lies, run, entry } = await site(t);
    t.match(await say('out', 'hold', ...words), /^hold /);
    t.match(await say('out'), /^hold .*, since \d{4}-.*Z\n$/);
    await post();
    t.same(
      taken(),
      [ANN, EVE].filter((one) => !held.some((some) => some === one)),
    );
    t.same(lies(), { 'retry/deferred': 1 });
    const { meta } = await entry('retry', 'deferred');
    t.same(meta.recipients, held);
    t.match(meta.attempts?.[EVE], { failures: 0, firstFailedAt: null, reply: /^held back by a person: / });
    await run();
    t.same(lies(), { 'retry/deferred': 1 });
    t.match(
      await say('out', 'release', ...words),
      /^release .*\nThe next run looks at an entry in retry\.\n$/,
    );
    t.same(lies(), { 'retry/new': 1 });
    await run();
    t.same(lies(), {});
    t.same(taken(), [ANN, EVE]);
    t.equal(await say('out'), 'Nothing is held back.\n');
  });
}

await t.test('hold by the name of a destination', async (t) => {
  const { say, post, taken, zoo, run } = await site(t);
  await say('out', 'hold', '--destination', `smtp:127.0.0.1:${zoo.port}`);
  await post();
  t.same(taken(), [ANN]);
  await say('out', 'flush', '--destination', `smtp:127.0.0.1:${zoo.port}`);
  await run();
  t.same(taken(), [ANN, EVE], 'flushed through the hold');
  await post();
  t.same(taken(), [ANN, ANN, EVE], 'which holds what comes later');
});

await t.test('release of one hold does not undo another', async (t) => {
  const { say, post, taken, run, lies } = await site(t);
  await say('out', 'hold');
  await say('out', 'hold', '--member', EVE);
  await post();
  t.same(taken(), []);
  await say('out', 'release', '--member', EVE);
  await run();
  t.same(taken(), []);
  t.same(lies(), { 'retry/deferred': 1 });
  t.equal((await say('--json', 'out')).trim().length > 2, true);
  t.match(await say('out', 'release'), /^release 1 hold\n/);
  await run();
  t.same(taken(), [ANN, EVE]);
});

await t.test('a flush of one destination leaves the others where they are, and the run ends', async (t) => {
  const { say, post, taken, run, lies, server, zoo, entry } = await site(t);
  server.refusals = { recipients: { [ANN]: '451 4.2.1 later' } };
  zoo.refusals = { recipients: { [EVE]: '451 4.2.1 later' } };
  await post();
  const before = (await entry('retry', 'deferred')).meta.attempts?.[ANN];
  zoo.refusals = { recipients: {} };
  server.refusals = { recipients: {} };
  await say('out', 'flush', '--destination', 'zoo.example');
  await run();
  t.same(taken(), [EVE]);
  t.same(lies(), { 'retry/deferred': 1 });
  t.same((await entry('retry', 'deferred')).meta.attempts, { [ANN]: before });
  await say('out', 'flush', '--destination', 'nothing.example');
  await run();
  t.same((await entry('retry', 'deferred')).meta.attempts, { [ANN]: before });
  await say('out', 'flush');
  await run();
  t.same(taken(), [ANN, EVE]);
});

await t.test('a flush tries a destination at rest', async (t) => {
  const holder = createServer((socket) => void socket.end('421 4.3.2 closed for today\r\n'));
  const port = await listen(t, holder);
  const dead = await siteRig(t, {
    members: [ANN],
    site: `transport: { type: smtp, host: 127.0.0.1, port: ${port}, tls: never }\n`,
  });
  await dead.inject(POST);
  await dead.run();
  t.match(await dead.call(['destinations']), { out: /closed for today/ });
  let asked = 0;
  holder.on('connection', () => asked++);
  await dead.inject(POST);
  await dead.run();
  t.equal(asked, 0, 'it rests');
  t.same(dead.lies(), { 'retry/deferred': 2 });
  for (const words of [
    ['--member', ANN],
    ['--destination', `smtp:127.0.0.1:${port}`],
    ['--list', 'friends'],
    [],
  ]) {
    asked = 0;
    t.match(await dead.call(['out', 'flush', ...words]), {
      out: /\nThe next run looks at 2 entries in retry\.\n$/,
    });
    await dead.run();
    t.equal(asked, 1, words.join(' '));
    t.same(dead.lies(), { 'retry/deferred': 2 });
  }
});

await t.test('outside its times mail waits without a failure; a flush sends it', async (t) => {
  // An hour that is not now: twelve hours away.
  const hour = (new Date().getHours() + 12) % 24;
  const span = `${String(hour).padStart(2, '0')}:00-${String(hour).padStart(2, '0')}:30`;
  const { say, post, taken, run, entry, lies } = await site(t, { zoo: `, schedule: ['${span}']` });
  await post();
  t.same(taken(), [ANN]);
  const { meta } = await entry('retry', 'deferred');
  t.match(meta.attempts?.[EVE], {
    failures: 0,
    firstFailedAt: null,
    reply: 'outside the times of its schedule',
  });
  const dueAt = meta.attempts?.[EVE]?.dueAt ?? 0;
  t.equal(new Date(dueAt).getHours(), hour);
  const { out } = await run().then(() => ({ out: '' }));
  t.equal(out, '');
  t.same(lies(), { 'retry/deferred': 1 });
  await say('out', 'flush', '--list', 'friends');
  await run();
  t.same(taken(), [ANN, EVE]);
});

await t.test('what is wrong', async (t) => {
  const rig = await siteRig(t);
  t.match(await rig.call(['out', 'release']), { status: 67, err: /there is no hold on everything/ });
  t.match(await rig.call(['out', 'release', '--member', ANN]), { status: 67, err: /no hold on member ann@/ });
  t.match(await rig.call(['out', 'hold', '--list', 'nothing']), { status: 67 });
  t.match(await rig.call(['out', 'hold', '--list', 'friends', '--member', ANN]), { status: 64 });
  t.match(await rig.call(['out', 'hold', '--destination', 'x', '--member', ANN]), { status: 64 });
});

await t.test('a spool that cannot be woken is trouble that may pass', async (t) => {
  const rig = await siteRig(t);
  mkdirSync(join(rig.dir, 'spool'));
  writeFileSync(join(rig.dir, 'spool', 'retry'), 'in the way');
  t.match(await rig.call(['out', 'flush']), { status: 75, err: /retry/ });
});

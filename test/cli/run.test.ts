import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { tryRangeLock } from '../../lib/base/range-lock.ts';
import { END_STATUS } from '../../lib/cli/run.ts';
import { QUEUES } from '../../lib/config/queue-names.ts';
import { HASH_SPACE } from '../../lib/spool/entry-name.ts';
import { call } from '../support/program.ts';
import { callMain, privateEnv, siteRig } from '../support/site-rig.ts';

const POST = 'From: ann@example.org\n\nTea?\n';
const MEMBERS = { members: ['ann@example.org', 'ben@example.org'] };

await t.test('a run over all queues', async (t) => {
  const site = await siteRig(t, MEMBERS);
  await site.inject(POST);
  t.equal(readdirSync(join(site.dir, 'spool', 'bell')).length, 1);
  t.same(await site.call(['--all', '--once']), { status: 0, out: '', err: '' }, 'silent for cron');
  t.same(site.lies(), {});
  t.equal(site.mail('ben@example.org').length, 1);
  t.same(readdirSync(join(site.dir, 'spool', 'bell')), [], 'its bell is answered');
  t.same(
    await site.call(['--all', '--once']),
    { status: 0, out: '', err: '' },
    'nothing to do is no trouble',
  );
});

await t.test('in Mailman’s words', async (t) => {
  const site = await siteRig(t, MEMBERS);
  await site.inject(POST);
  t.equal((await site.call(['-r', 'IncomingRunner', '-o'])).status, 0);
  t.same(site.lies(), { 'archive/new': 1, 'out/new': 1 });
  for (const slice of ['0', '1', '2', '3']) {
    t.equal((await site.call([`--runner=out:${slice}:4`, '-o'])).status, 0);
  }
  t.same(site.lies(), { 'archive/new': 1 });
  t.equal((await site.call(['-r', 'arch', '-r', 'arch', '-r', 'out', '-o', '--wait', '1s'])).status, 0);
  t.same(site.lies(), {});
  await site.inject(POST);
  t.equal((await site.call(['-r', 'All', '-o'])).status, 0);
  t.same(site.lies(), {});
  t.equal(site.mail('ann@example.org').length, 2);
});

await t.test('the report', async (t) => {
  const site = await siteRig(t, MEMBERS);
  await site.inject(POST);
  const { out } = await site.call(['--json', '--all', '--once']);
  t.match(JSON.parse(out), {
    end: 'drained',
    trouble: null,
    queues: QUEUES.map(({ name }) => ({
      queue: name,
      taken: ['in', 'archive', 'out'].includes(name) ? 1 : 0,
    })),
    stillDeferred: 0,
    nextDueAt: null,
    earliestDueAt: null,
    ms: Number,
  });
  t.equal(out.trim().split('\n').length, 1);
  await site.inject(POST);
  t.match(
    (await site.call(['-a', '-o'], '', true)).out,
    /queue.*taken[\s\S]*\nout +1 +1 [\s\S]*Nothing is left to do now\./,
  );
  t.match((await site.call(['-a', '-o', '-v'])).out, /^Nothing is left to do now\./);
});

await t.test('another run holds the queue', async (t) => {
  const site = await siteRig(t, MEMBERS);
  await site.inject(POST);
  const lock = await tryRangeLock(join(site.dir, 'spool', 'in', 'lock'), { start: 0, length: HASH_SPACE });
  t.match(await site.call(['--json', '-r', 'in', '-o']), { status: 0, out: /"end":"busy"/ });
  t.same(site.lies(), { 'in/new': 1 }, 'left to that run');
  const waited = await site.call(['-r', 'in', '-o', '--wait', '200ms']);
  t.match(waited, { status: 75, err: '' }, 'the log has said why');
  const waiting = site.call(['-r', 'in', '-o', '--wait']);
  setTimeout(() => lock?.release(), 50);
  t.equal((await waiting).status, 0);
  t.same(site.lies(), { 'archive/new': 1, 'out/new': 1 });
});

await t.test('trouble is told once', async (t) => {
  const site = await siteRig(t, MEMBERS);
  await site.inject(POST);
  const lock = await tryRangeLock(join(site.dir, 'spool', 'in', 'lock'), { start: 0, length: HASH_SPACE });
  const args = ['-r', 'in', '-o', '--wait', '1s'];
  const { status, out, err } = await call(site.dir, args);
  t.same({ status, out }, { status: 75, out: '' });
  t.equal(err, 'qrunner: run-trouble reason="another run still holds in"\n');
  const verbose = await call(site.dir, ['-v', ...args]);
  t.equal(verbose.err.match(/still holds in/g)?.length, 1);
  lock?.release();
});

await t.test('--list', async (t) => {
  const dir = t.testdir();
  const env = privateEnv(dir);
  const none = await callMain(['--config', join(dir, 'none'), '--list'], env);
  t.match(none, { status: 0, err: '' });
  t.same(
    none.out.split('\n').map((line) => line.split(/\s/, 1)[0]),
    [...QUEUES.map(({ name }) => name), ''],
  );
  const site = await siteRig(t, { site: 'queues: { to-chat: { exec: [/bin/cat] } }\n' });
  t.match((await site.call(['-l'])).out, /\nto-chat +your own: runs \/bin\/cat\n$/);
  t.match(JSON.parse((await site.call(['--json', '--list'])).out), [{ name: 'in', purpose: String }]);
});

await t.test('a state that cannot be opened fails the entries, not the mail', async (t) => {
  const site = await siteRig(t, { site: '', files: { state: 'a file in its place' } });
  await site.inject(POST);
  await site.run('in');
  t.same(site.lies(), { 'in/deferred': 1 });
});

await t.test('a spool that cannot be opened is trouble', async (t) => {
  const site = await siteRig(t, { files: { spool: 'a file in its place' } });
  t.match(await site.call(['-a', '-o']), { status: 75, err: /^qrunner: cannot prepare the spool / });
});

await t.test('only trouble fails a run', async (t) => {
  t.same(END_STATUS, { drained: 0, stopped: 0, budget: 0, busy: 0, trouble: 75 });
});

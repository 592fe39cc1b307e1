/** `--watch` for long, in numbers, and where the kernel refuses a watch. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { until } from '../support/program.ts';
import { type SiteRig, siteRig } from '../support/site-rig.ts';
import { residentOf, startWatching, ticksOf } from '../support/watching.ts';

const POST = 'From: ann@example.org\n\nTea?\n';
const MEMBERS = { members: ['ann@example.org', 'ben@example.org'] };
const bells = (site: SiteRig) => readdirSync(join(site.dir, 'spool', 'bell'));
const notLinux = process.platform !== 'linux' && 'reads /proc';

await t.test('500 arrivals at random moments: none stays behind', async (t) => {
  const site = await siteRig(t, MEMBERS);
  const watching = await startWatching(t, site.dir);
  const started = performance.now();
  for (let arrival = 0; arrival < 500; arrival++) {
    await site.inject(POST);
    if (Math.random() < 0.7) await sleep(Math.random() * 40);
  }
  t.comment(`500 arrivals in ${Math.round(performance.now() - started)} ms`);
  const nothingLies = () => bells(site).length === 0 && Object.keys(site.lies()).length === 0;
  await until('everything is drained', nothingLies);
  t.equal(site.mail('ben@example.org').length, 500, 'each delivered, none twice');
  await watching.rests();
  const turns = watching.count('watch-turn');
  t.comment(`turns: ${turns}, with work: ${watching.count('worked=true')}`);
  t.ok(turns <= 1500, 'three for an arrival at most');
  t.equal((await watching.end()).status, 0);
});

await t.test('nothing to do costs nothing', { skip: notLinux }, async (t) => {
  const site = await siteRig(t, MEMBERS);
  const watching = await startWatching(t, site.dir);
  await site.inject(POST);
  await watching.said('worked=true');
  await watching.rests();
  const turns = watching.count('watch-turn');
  // The engine tidies up for a while after work; what looks again and again would show in each of the times.
  const used: number[] = [];
  for (let time = 0; time < 4; time++) {
    const before = ticksOf(watching.pid);
    await sleep(3000);
    used.push(ticksOf(watching.pid) - before);
  }
  t.comment(`CPU in 3 s, four times, in ticks of 10 ms: ${used.join(' ')}`);
  t.ok(Math.min(...used) === 0, 'none');
  t.equal(watching.count('watch-turn'), turns);
  t.equal((await watching.end()).status, 0);
});

await t.test('drain after drain: memory and descriptors stay', { skip: notLinux }, async (t) => {
  const site = await siteRig(t, {
    ...MEMBERS,
    site: 'queues: { sink: { module: ./sink.mjs } }\n',
    files: { 'sink.mjs': "export const run = async () => ({ kind: 'done', outputs: [] });" },
  });
  const watching = await startWatching(t, site.dir, ['--json', '--all']);
  const descriptors = () => readdirSync(`/proc/${watching.pid}/fd`).length;
  /** Arrivals, each in a drain of its own; each tenth goes the whole way of a post. */
  const drainTimes = async (times: number) => {
    for (let time = 0; time < times; time++) {
      await site.inject(POST, ...(time % 10 === 0 ? [] : ['--queue', 'sink']));
      await until('drained', () => bells(site).length === 0);
    }
    return { resident: residentOf(watching.pid), descriptors: descriptors() };
  };
  const warm = await drainTimes(100);
  const late = await drainTimes(300);
  const show = ({ resident, descriptors }: typeof warm) => `${resident.toFixed(0)} MB, ${descriptors} open`;
  t.comment(`after 100: ${show(warm)}; after 400: ${show(late)}`);
  t.ok(late.resident < warm.resident + 40, 'memory');
  t.ok(late.descriptors < warm.descriptors + 10, 'descriptors');
  t.equal((await watching.end()).status, 0);
  const turns = Number(/watch-end turns=(\d+)/.exec(watching.err())?.[1]);
  t.ok(turns >= 400, `${turns} turns`);
});

/** Runs a program where the kernel gives no inotify instance. */
const NONE_LEFT = [
  'unshare',
  '--user',
  '--map-root-user',
  'sh',
  '-c',
  'echo 0 > /proc/sys/user/max_inotify_instances && exec "$@"',
  'sh',
];

const cannot =
  spawnSync(NONE_LEFT[0] ?? '', [...NONE_LEFT.slice(1), 'true'], { stdio: 'pipe' }).status !== 0 &&
  'no user namespaces here';

await t.test(
  'no inotify instance left: said once, and looked at every 15 seconds',
  { skip: cannot },
  async (t) => {
    const site = await siteRig(t, MEMBERS);
    const watching = await startWatching(t, site.dir, ['-v', '--all'], { before: NONE_LEFT });
    t.match(watching.err(), /watch-lost reason="EMFILE[^\n]* fix="raise fs\.inotify\.max_user_instances/);
    await site.inject(POST);
    await until('delivered', () => site.mail('ben@example.org').length === 1);
    t.equal(watching.count('watch-lost'), 1);
    t.ok(watching.count('watch-turn') <= 3);
    t.equal((await watching.end()).status, 0);
  },
);

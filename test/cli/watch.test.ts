import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { tryRangeLock } from '../../lib/base/range-lock.ts';
import { HASH_SPACE } from '../../lib/spool/entry-name.ts';
import { until } from '../support/program.ts';
import { type SiteRig, siteRig } from '../support/site-rig.ts';
import { startWatching } from '../support/watching.ts';

const POST = 'From: ann@example.org\n\nTea?\n';
const MEMBERS = { members: ['ann@example.org', 'ben@example.org'] };
const delivered = (site: SiteRig, count: number) =>
  until(`${count} mails`, () => site.mail('ben@example.org').length === count);
const bells = (site: SiteRig) => readdirSync(join(site.dir, 'spool', 'bell'));

/** Makes fs.watch fail until a file `some` is there. */
const NO_WATCH = `const fs = require('node:fs');
const { watch } = fs;
fs.watch = (...args) => {
  if (fs.existsSync(__dirname + '/some')) return watch(...args);
  throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
};
require('node:module').syncBuiltinESMExports();`;

await t.test('words that do not go together', async (t) => {
  const site = await siteRig(t);
  for (const [args, words] of [
    [['--all'], /say --once: .*or --watch: /],
    [['--all', '--once', '--watch'], /say --once or --watch, not both/],
    [['--all', '--watch', '--workers', '2'], /--workers goes with --once only/],
    [['--all', '--once', '--sleep', '5m'], /--sleep goes with --watch only/],
    [['--all', '--watch', '--sleep', 'soon'], /cannot take --sleep "soon": wanted a time from 1s to 7d/],
    [['--all', '--watch', '--sleep', '500ms'], /wanted a time from 1s/],
    [['--all', '--watch', '--sleep', '30d'], /to 7d/],
    [['--runner', 'nowhere', '--watch'], /no runner "nowhere"/],
    [['--all', '--watch', '--wait', 'soon'], /cannot read --wait "soon"/],
  ] as const) {
    t.match(await site.call(args), { status: 64, out: '', err: words }, args.join(' '));
  }
});

await t.test('at the start a wrong configuration ends it', async (t) => {
  const site = await siteRig(t, { site: 'domaiin: x\n' });
  t.match(await site.call(['--all', '--watch']), { status: 78, err: /domaiin/ });
  const newer = await siteRig(t);
  await newer.call(['--all', '--once']);
  writeFileSync(join(newer.dir, 'spool', 'FORMAT'), 'qrunner spool 99\n');
  t.match(await newer.call(['--all', '--watch']), { status: 78, err: /spool 99/ });
});

await t.test('arrivals while it waits', async (t) => {
  const site = await siteRig(t, MEMBERS);
  await site.inject(POST);
  const watching = await startWatching(t, site.dir);
  await delivered(site, 1);
  await watching.rests();
  const latencies: number[] = [];
  const turns = watching.count('watch-turn');
  for (let arrival = 2; arrival <= 11; arrival++) {
    await site.inject(POST);
    const accepted = performance.now();
    await delivered(site, arrival);
    latencies.push(Math.round(performance.now() - accepted));
    await watching.rests();
  }
  t.comment(`ms from acceptance to delivery: ${latencies.join(' ')}`);
  const made = watching.count('watch-turn') - turns;
  t.comment(`turns for 10 arrivals: ${made}`);
  t.ok(made <= 40, 'no spinning');
  t.same(site.lies(), {});
  t.same(bells(site), []);
  const { status, ms } = await watching.end();
  t.equal(status, 0);
  t.comment(`ended ${Math.round(ms)} ms after SIGTERM`);
  t.ok(ms < 5000);
  t.match(watching.err(), /watch-end turns=\d+ reason=SIGTERM\n$/);
});

await t.test('silent but for its start and its end; SIGINT; a report a drain with --json', async (t) => {
  const site = await siteRig(t, MEMBERS);
  const watching = await startWatching(t, site.dir, ['--json', '--all']);
  await site.inject(POST);
  await delivered(site, 1);
  await until('the report', () => watching.out() !== '');
  t.match(JSON.parse(watching.out()), { end: 'drained', trouble: null, ms: Number });
  await sleep(200);
  t.equal((await watching.end('SIGINT')).status, 0);
  t.equal(watching.out().trim().split('\n').length, 1, 'nothing of drains that found nothing');
  t.match(watching.err(), /^qrunner: watch-start sleep=15m\nqrunner: watch-end turns=\d+ reason=SIGINT\n$/);
});

await t.test('an arrival during a drain', async (t) => {
  const site = await siteRig(t, { ...MEMBERS, site: 'queues: { slow: { exec: [/bin/sleep, "1"] } }\n' });
  const watching = await startWatching(t, site.dir);
  await site.inject(POST, '--queue', 'slow');
  await until('it works', () => site.lies()['slow/active'] === 1);
  await site.inject(POST);
  await delivered(site, 1);
  await watching.rests();
  t.same(site.lies(), {});
  t.same(bells(site), []);
  t.equal((await watching.end()).status, 0);
});

await t.test('told to end during a drain', async (t) => {
  const site = await siteRig(t, { ...MEMBERS, site: 'queues: { slow: { exec: [/bin/sleep, "30"] } }\n' });
  const watching = await startWatching(t, site.dir);
  await site.inject(POST, '--queue', 'slow');
  await until('it works', () => site.lies()['slow/active'] === 1);
  t.equal((await watching.end()).status, 0);
  t.same(site.lies(), { 'slow/deferred': 1 }, 'due at once, for the next run');
});

await t.test('a file moved into new/ without a bell', async (t) => {
  const site = await siteRig(t, MEMBERS);
  await site.inject(POST);
  const { file } = await site.entry('in');
  renameSync(file, join(site.dir, 'aside'));
  await site.run();
  t.same(bells(site), []);
  const watching = await startWatching(t, site.dir, ['-v', '--runner', 'in', '--runner', 'out']);
  await watching.rests();
  renameSync(join(site.dir, 'aside'), file);
  await delivered(site, 1);
  await watching.rests();
  t.same(site.lies(), { 'archive/new': 1 }, 'which is another runner’s');
  t.equal((await watching.end()).status, 0);
});

await t.test('a deferred entry is tried when it is due', async (t) => {
  const site = await siteRig(t, {
    site: 'queues: { later: { module: ./later.mjs } }\n',
    files: {
      'later.mjs': `import { appendFileSync } from 'node:fs';
        let until = null;
        export async function run() {
          if (until !== null) appendFileSync(new URL('tried', import.meta.url), String(Date.now() - until));
          if (until !== null) return { kind: 'done', outputs: [] };
          until = Date.now() + 1500;
          return { kind: 'defer', until, reason: 'not yet', failed: false };
        }`,
    },
  });
  const watching = await startWatching(t, site.dir);
  await site.inject(POST, '--queue', 'later');
  await until('deferred', () => site.lies()['later/deferred'] === 1);
  await until('tried', () => Object.keys(site.lies()).length === 0);
  const late = Number(readFileSync(join(site.dir, 'tried'), 'utf8'));
  t.comment(`tried ${late} ms after it was due`);
  t.ok(late >= 0 && late < 10_000);
  await watching.rests();
  t.ok(watching.count('watch-turn') < 10, `${watching.count('watch-turn')} turns`);
  t.equal((await watching.end()).status, 0);
});

await t.test('a file in the place of a queue’s directory, and the directory again', async (t) => {
  const site = await siteRig(t, MEMBERS);
  const watching = await startWatching(t, site.dir);
  await watching.rests();
  const fresh = join(site.dir, 'spool', 'in', 'new');
  rmdirSync(fresh);
  writeFileSync(fresh, '');
  await watching.said('watch-lost');
  await watching.said('run-trouble');
  await watching.said('end=trouble', 2);
  unlinkSync(fresh);
  mkdirSync(fresh);
  await watching.said('watch-back');
  await watching.said('run-mended');
  for (const word of ['watch-lost', 'run-trouble', 'watch-back', 'run-mended']) {
    t.equal(watching.count(word), 1, `${word} once`);
  }
  await site.inject(POST);
  await delivered(site, 1);
  t.equal((await watching.end()).status, 0);
});

await t.test('the bell directory removed: it is made again and watched', async (t) => {
  const site = await siteRig(t, MEMBERS);
  const watching = await startWatching(t, site.dir);
  await watching.rests();
  const bell = join(site.dir, 'spool', 'bell');
  rmdirSync(bell);
  await until('it is there again', () => existsSync(bell));
  await watching.rests();
  await site.inject(POST);
  await delivered(site, 1);
  await watching.rests();
  rmdirSync(bell);
  await until('it is there again', () => existsSync(bell));
  await site.inject(POST);
  await delivered(site, 2);
  t.equal(watching.count('run-trouble'), 0, 'and no trouble');
  t.equal((await watching.end()).status, 0);
});

await t.test('no watch to be had', async (t) => {
  const site = await siteRig(t, { ...MEMBERS, files: { 'none.cjs': NO_WATCH } });
  const watching = await startWatching(t, site.dir, ['-v', '--all', '--sleep', '1s'], {
    node: ['--require', join(site.dir, 'none.cjs')],
  });
  await watching.said('watch-turn', 3);
  await site.inject(POST);
  await delivered(site, 1);
  t.equal(watching.count('watch-lost'), 1);
  t.match(watching.err(), /watch-lost reason="EMFILE.*fix="raise fs.inotify.max_user_instances.*sleep=15s/);
  writeFileSync(join(site.dir, 'some'), '');
  await watching.said('watch-back');
  t.equal((await watching.end()).status, 0);
});

await t.test('the configuration broken and mended; SIGHUP', async (t) => {
  const site = await siteRig(t, MEMBERS);
  const file = join(site.dir, 'qrunner.yaml');
  const right = readFileSync(file, 'utf8');
  const watching = await startWatching(t, site.dir);
  await watching.rests();
  writeFileSync(file, `${right}domaiin: x\nspoool: y\n`);
  watching.child.kill('SIGHUP');
  await watching.said('config-wrong');
  t.match(watching.err(), /qrunner\.yaml:\d+:1: domaiin: .*and 1 more, see qrunner check/);
  await watching.said('end=misconfigured', 2);
  writeFileSync(file, right);
  await site.inject(POST);
  await delivered(site, 1);
  await watching.said('run-mended');
  t.equal(watching.count('config-wrong'), 1, 'said once');
  t.equal(watching.count('run-mended'), 1);
  const before = watching.count('config-read');
  watching.child.kill('SIGHUP');
  await watching.said('config-read changed=false', before + 1);
  writeFileSync(join(site.dir, 'lists', 'more.yaml'), 'owners: [olga@example.org]\n');
  utimesSync(join(site.dir, 'lists', 'more.yaml'), 1, 1);
  watching.child.kill('SIGHUP');
  await watching.said('config-read changed=true');
  t.equal((await watching.end()).status, 0);
});

await t.test('beside another run', async (t) => {
  const site = await siteRig(t, MEMBERS);
  const watching = await startWatching(t, site.dir);
  const lock = await tryRangeLock(join(site.dir, 'spool', 'in', 'lock'), { start: 0, length: HASH_SPACE });
  t.ok(lock, 'while it waits it holds no lock');
  await site.inject(POST);
  await watching.said('end=busy', 2);
  t.same(site.lies(), { 'in/new': 1 }, 'left to that run, which now dies');
  lock?.release();
  await delivered(site, 1);
  t.ok(watching.count('end=busy') < 6, `${watching.count('end=busy')} looks`);
  t.equal((await watching.end()).status, 0);
});

await t.test('two of them', async (t) => {
  const site = await siteRig(t, MEMBERS);
  const both = await Promise.all([startWatching(t, site.dir), startWatching(t, site.dir)]);
  for (let arrival = 0; arrival < 40; arrival++) {
    await site.inject(POST);
    await sleep(Math.random() * 60);
  }
  await delivered(site, 40);
  await until('all at rest', () => bells(site).length === 0 && Object.keys(site.lies()).length === 0);
  await sleep(1500);
  t.equal(site.mail('ben@example.org').length, 40, 'each once');
  t.comment(`turns: ${both.map((one) => one.count('watch-turn')).join(' and ')}`);
  t.comment(`of them beside the other: ${both.map((one) => one.count('end=busy')).join(' and ')}`);
  for (const one of both) t.equal((await one.end()).status, 0);
});

import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Log } from '../../lib/base/log.ts';
import { queueNames } from '../../lib/cli/open-site.ts';
import { parseParts } from '../../lib/cli/parts.ts';
import { turnOf, watchTurn } from '../../lib/cli/watch-turn.ts';
import { keepConfiguration } from '../../lib/config/kept.ts';
import { emptyReport, type RunReport } from '../../lib/drain/report.ts';
import { siteRig } from '../support/site-rig.ts';

const POST = 'From: ann@example.org\n\nTea?\n';

/** Turns over a site, with the directories that were watched at each `arm` and what was said. */
async function rig(
  t: Test,
  specs: readonly string[] = [],
  entries: number | null = null,
  jobs: () => Promise<number | null> = async () => null,
) {
  const site = await siteRig(t, { members: ['ann@example.org'] });
  const file = join(site.dir, 'qrunner.yaml');
  const configuration = keepConfiguration(file, { cache: false, env: {} });
  const armed: string[][] = [];
  const said: string[] = [];
  const told: RunReport[] = [];
  const log: Log = (_level, event) => said.push(event);
  let asked = false;
  const turn = watchTurn({
    configuration,
    wasAsked: () => asked,
    partsOf: (settings) => parseParts(specs, specs.length === 0, queueNames(settings)),
    watcher: {
      arm: (places) => armed.push(places.map(({ path }) => path.slice(site.dir.length + 1))),
      wait: async () => 'stop',
      wake: () => {},
      close: () => {},
    },
    limits: { workers: 1, entries, ms: null, waitMs: null },
    tell: async (report) => {
      told.push(report);
    },
    jobs,
    log,
    stop: { signal: new AbortController().signal, overdue: new AbortController().signal },
  });
  return { site, file, turn, armed, said, told, ask: () => (asked = true) };
}

await t.test('the watch is armed, then drained', async (t) => {
  const { site, turn, armed, told } = await rig(t, ['in', 'out']);
  await site.inject(POST);
  t.same(await turn(), { end: 'drained', worked: true, reason: null, nextAt: null });
  t.same(armed, [['spool/bell', 'spool/in/new', 'spool/out/new']]);
  t.equal(told.length, 1);
  t.match(await turn(), { end: 'drained', worked: false });
  t.equal(told.length, 1, 'nothing to tell');
});

await t.test('a wrong configuration: nothing is drained, its places are watched', async (t) => {
  const { site, file, turn, armed, said } = await rig(t, ['in']);
  await turn();
  await site.inject(POST);
  const right = readFileSync(file, 'utf8');
  writeFileSync(file, `${right}domaiin: x\n`);
  const reason = /qrunner\.yaml:\d+:1: domaiin: found .*; fix: write domain$/;
  t.match(await turn(), { end: 'misconfigured', worked: false, reason });
  t.match(await turn(), { end: 'misconfigured' });
  t.same(armed.slice(1), [['', 'lists']], 'from the second turn on');
  t.same(site.lies(), { 'in/new': 1 });
  writeFileSync(file, right);
  t.match(await turn(), { end: 'drained', worked: true });
  t.same(said.includes('config-read'), false, 'it is what it was');
});

await t.test('a queue that the site has no more', async (t) => {
  const { file, turn, said, ask } = await rig(t, ['mine']);
  t.match(await turn(), { end: 'misconfigured', reason: /no runner "mine"/ });
  writeFileSync(file, `${readFileSync(file, 'utf8')}queues: { mine: { exec: [/bin/true] } }\n`);
  t.match(await turn(), { end: 'drained' });
  t.same(said, ['config-read']);
  ask();
  await turn();
  t.same(said, ['config-read', 'config-read'], 'a person who asked hears of it');
});

await t.test('trouble is a value', async (t) => {
  const { site, turn, said } = await rig(t);
  await turn();
  rmSync(join(site.dir, 'spool', 'bell'), { recursive: true });
  writeFileSync(join(site.dir, 'spool', 'bell'), 'a file in its place');
  t.match(await turn(), { end: 'trouble', reason: /ENOTDIR.*bell/ });
  writeFileSync(join(site.dir, 'spool', 'FORMAT'), 'qrunner spool 99\n');
  t.match(await turn(), { end: 'trouble', reason: /spool 99/ }, 'also a spool of another version');
  t.same(said, [], 'for the loop to tell');
  chmodSync(join(site.dir, 'spool', 'FORMAT'), 0o600);
});

await t.test('a drain that may do no more: the next one goes on at once', async (t) => {
  const { site, turn, said } = await rig(t, ['in'], 1);
  await site.inject(POST);
  await site.inject(POST);
  t.same(await turn(), { end: 'drained', worked: true, reason: null, nextAt: 0 });
  t.match(site.lies(), { 'in/new': 1 });
  t.match(await turn(), { worked: true });
  t.match(await turn(), { end: 'drained', worked: false, nextAt: null });
  t.notOk(said.includes('run-budget'));
});

await t.test('the next periodic job bounds the rest; it waits while there is mail', async (t) => {
  let calls = 0;
  const jobs = async () => {
    calls++;
    return 4711;
  };
  const { site, turn } = await rig(t, ['in', 'out'], 1, jobs);
  t.match(await turn(), { end: 'drained', nextAt: 4711 });
  t.equal(calls, 1);
  await site.inject(POST);
  t.match(await turn(), { end: 'drained', worked: true, nextAt: 0 });
  t.equal(calls, 1, 'there is more mail');
  await turn();
  t.match(await turn(), { end: 'drained', nextAt: 4711 });
  rmSync(join(site.dir, 'spool', 'in', 'new'), { recursive: true });
  writeFileSync(join(site.dir, 'spool', 'in', 'new'), 'a file in its place');
  const before = calls;
  t.match(await turn(), { end: 'trouble', nextAt: null });
  t.equal(calls, before, 'nor in trouble');
});

await t.test('a report as a turn', async (t) => {
  const report: RunReport = {
    end: 'drained',
    trouble: null,
    queues: [],
    stillDeferred: 0,
    nextDueAt: 5,
    earliestDueAt: 5,
  };
  t.same(turnOf(report), { end: 'drained', worked: false, reason: null, nextAt: 5 });
  t.match(turnOf({ ...report, end: 'stopped' }), { end: 'drained' }, 'the loop ends by its signal');
  t.match(turnOf({ ...report, end: 'trouble', trouble: 'no' }), { end: 'trouble', reason: 'no' });
  for (const field of ['taken', 'recovered', 'bad']) {
    t.match(turnOf({ ...report, queues: [{ ...emptyReport('in'), [field]: 1 }] }), { worked: true }, field);
  }
});

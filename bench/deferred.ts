/** A million deferred entries, none due: what they cost a run that finds nothing, and a run of ten. */
import { setTimeout as sleep } from 'node:timers/promises';
import { siteWithModule } from './drain.ts';
import { fillDeferred, fillNew, spoolOf } from './fill.ts';
import { type BenchSite, known, PROGRAM, type Run, report, runProcess, spread } from './support.ts';

const DEFERRED = 1_000_000;
const PAIRS = 30;
const PAIRS_OF_TEN = 15;

const COMMAND = [process.execPath, PROGRAM, '--all', '--once'];

function pairs(
  count: number,
  full: BenchSite,
  empty: BenchSite,
  before: (site: BenchSite) => void,
): (readonly [Run, Run])[] {
  const one = (site: BenchSite) => {
    before(site);
    return runProcess(COMMAND, site.env);
  };
  return Array.from({ length: count }, () => [one(full), one(empty)] as const);
}

function lines(name: string, runs: readonly (readonly [Run, Run])[]): string[] {
  const more = known(
    runs.map(([a, b]) => (a.peakKb === null || b.peakKb === null ? null : (a.peakKb - b.peakKb) / 1024)),
  );
  return [
    `${name}, wall, ratio of pairs      ${spread(runs.map(([a, b]) => a.ms / b.ms))}`,
    `${name}, peak memory, more         ${more.length > 0 ? `${spread(more, 1)} MB` : 'install time(1) to see it'}`,
  ];
}

/** Runs the bench and prints its figures. */
export async function deferred(): Promise<void> {
  const [full, empty] = [siteWithModule(''), siteWithModule('')];
  try {
    fillDeferred(spoolOf(full, ['work']), 'work', DEFERRED);
    spoolOf(empty, ['work']);
    // A configuration that was changed within the last two seconds is not kept in the cache.
    await sleep(2_500);
    for (const site of [full, empty]) runProcess(COMMAND, site.env);
    const nothing = pairs(PAIRS, full, empty, () => {});
    const ten = pairs(PAIRS_OF_TEN, full, empty, (site) => fillNew(spoolOf(site, ['work']), 'work', 10));
    report(`${DEFERRED} deferred entries, none due, against none`, [
      ...lines('a run that finds nothing', nothing),
      ...lines('a run of ten entries    ', ten),
    ]);
  } finally {
    full.remove();
    empty.remove();
  }
}

/** An empty `qrunner --all --once` against `node -e 0`: what it costs to find out that there is nothing to do. */
import { setTimeout as sleep } from 'node:timers/promises';
import { makeSite, median, PROGRAM, type Run, report, runProcess, spread } from './support.ts';

const PAIRS = 30;

/** Runs the bench and prints its figures. */
export async function emptyRun(): Promise<void> {
  const site = makeSite(['ann@example.net']);
  try {
    // A configuration that was changed within the last two seconds is not kept in the cache.
    await sleep(2_500);
    site.qrunner(['--all', '--once']);
    const run = [process.execPath, PROGRAM, '--all', '--once'];
    const bare = [process.execPath, '-e', '0'];
    const pairs: (readonly [Run, Run])[] = [];
    for (let pair = 0; pair < PAIRS; pair++)
      pairs.push([runProcess(run, site.env), runProcess(bare, site.env)]);
    const lines = [
      `wall, ratio of pairs        ${spread(pairs.map(([a, b]) => a.ms / b.ms))}`,
      `wall, qrunner               ${median(pairs.map(([a]) => a.ms)).toFixed(0)} ms`,
      `wall, node -e 0             ${median(pairs.map(([, b]) => b.ms)).toFixed(0)} ms`,
    ];
    const more = pairs.flatMap(([a, b]) =>
      a.peakKb === null || b.peakKb === null ? [] : (a.peakKb - b.peakKb) / 1024,
    );
    lines.push(
      more.length > 0
        ? `peak memory, more than node ${spread(more, 1)} MB`
        : 'peak memory: install time(1) to see it',
    );
    report(`empty run against node -e 0, ${PAIRS} pairs`, lines);
  } finally {
    site.remove();
  }
}

/** Runs over many entries that need no work: what the queue itself costs, and whether that grows with its length. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillNew, spoolOf } from './fill.ts';
import { type BenchSite, known, makeSite, median, PROGRAM, type Run, report, runProcess } from './support.ts';

const COUNTS = [10_000, 100_000] as const;
const ROUNDS = 3;

/** A site with a queue `work` whose module does `body` with each entry. */
export function siteWithModule(body: string): BenchSite {
  const site = makeSite([]);
  writeFileSync(
    join(site.directory, 'work.mjs'),
    `import { createHash } from 'node:crypto';\nexport async function run(entry) { ${body} return { kind: 'done', outputs: [] }; }\n`,
  );
  writeFileSync(join(site.directory, 'qrunner.yaml'), 'queues:\n  work: { module: work.mjs }\n', {
    flag: 'a',
  });
  return site;
}

/** A run over so many entries; more arguments for it in `more`. */
export function drained(site: BenchSite, count: number, more: readonly string[] = []): Run {
  fillNew(spoolOf(site, ['work']), 'work', count);
  return runProcess([process.execPath, PROGRAM, '--all', '--once', ...more], site.env);
}

/** Runs the bench and prints its figures. */
export async function drain(): Promise<void> {
  const runs = new Map<number, Run[]>(COUNTS.map((count) => [count, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const count of COUNTS) {
      const site = siteWithModule('');
      try {
        runs.get(count)?.push(drained(site, count));
      } finally {
        site.remove();
      }
    }
  }
  const rates: number[] = [];
  const peaks: number[] = [];
  const lines = COUNTS.map((count) => {
    const all = runs.get(count) ?? [];
    const rate = median(all.map(({ ms }) => (count / ms) * 1000));
    const cpu = median(known(all.map(({ cpuMs }) => cpuMs)).map((ms) => (ms / count) * 1000));
    const peak = median(known(all.map(({ peakKb }) => peakKb))) / 1024;
    rates.push(rate);
    peaks.push(peak);
    return `${String(count).padStart(6)} entries   ${rate.toFixed(0)} entries/s, ${cpu.toFixed(0)} µs of processor an entry, peak ${peak.toFixed(0)} MB`;
  });
  const [short = 0, long = 0] = rates;
  const [low = 0, high = 0] = peaks;
  lines.push(
    `long against short  ${(long / short).toFixed(2)} of the rate, ${(high - low).toFixed(1)} MB more`,
  );
  report(`entries that need no work, median of ${ROUNDS} runs`, lines);
}

/** Two workers against one process, over entries whose runner computes. */
import { drained, siteWithModule } from './drain.ts';
import { report, spread } from './support.ts';

const ENTRIES = 400;
const ROUNDS = 5;

/** About ten milliseconds of computing an entry. */
const COMPUTE = `
  const block = Buffer.alloc(1 << 16, entry.id);
  for (let n = 0; n < 80; n++) createHash('sha256').update(block).digest();
`;

/** Runs the bench and prints its figures. */
export async function workers(): Promise<void> {
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const site = siteWithModule(COMPUTE);
    try {
      const one = drained(site, ENTRIES);
      const two = drained(site, ENTRIES, ['--workers', '2']);
      ratios.push(one.ms / two.ms);
    } finally {
      site.remove();
    }
  }
  report(`${ENTRIES} entries whose runner computes, ${ROUNDS} pairs`, [
    `2 workers, times as fast as 1   ${spread(ratios)}`,
  ]);
}

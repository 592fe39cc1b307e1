/** `npm run storm -- --minutes N --seed S`: a storm as long as one likes. */
import { parseArgs } from 'node:util';
import { storm } from './storm.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes ?? '1');
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  console.error('usage: npm run storm -- [--minutes N] [--seed WHOLE-NUMBER]');
  process.exit(64);
}
console.log(`storm: seed ${seed}, ${minutes} min`);
const { wrong, accepted, ends, counts } = await storm({ seed, ms: minutes * 60_000, say: console.log });
for (const [what, number] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
  console.log(`  ${what}: ${number}`);
console.log(`${accepted} messages accepted, ${ends} ends, ${wrong.length} wrong`);
for (const line of wrong.slice(0, 100)) console.log(`WRONG ${line}`);
if (wrong.length > 0) {
  console.log(`again: npm run storm -- --minutes ${minutes} --seed ${seed}`);
  process.exitCode = 1;
}

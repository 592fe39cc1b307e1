/**
 * `npm run bench [NAME…]`: the figures docs/PERFORMANCE.md quotes. `delivery` stands for all whose names begin with `delivery-`.
 * Shared machines are noisy: read the ratios.
 *
 *     QRUNNER_BENCH_ROUNDS=1          rounds of the benches of delivery, for a quick look
 *     QRUNNER_BENCH_CPUS=apart        where their processes run, see processors.ts
 *     QRUNNER_BENCH_CONNECTIONS=8     connections at once, instead of the program's default
 */
import { add } from './add.ts';
import { deferred } from './deferred.ts';
import { deliveryDestinations } from './delivery-destinations.ts';
import { deliveryMany } from './delivery-many.ts';
import { deliveryMemory } from './delivery-memory.ts';
import { deliveryPost } from './delivery-post.ts';
import { drain } from './drain.ts';
import { emptyRun } from './empty-run.ts';
import { lmtp } from './lmtp.ts';
import { thousandPosts } from './thousand-posts.ts';
import { wake } from './wake.ts';
import { watchBench } from './watch.ts';
import { workers } from './workers.ts';

const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  'empty-run': emptyRun,
  add,
  drain,
  deferred,
  workers,
  lmtp,
  'thousand-posts': thousandPosts,
  wake,
  watch: watchBench,
  'delivery-many': deliveryMany,
  'delivery-post': deliveryPost,
  'delivery-destinations': deliveryDestinations,
  'delivery-memory': deliveryMemory,
};

const wanted = process.argv.slice(2);
for (const name of wanted.length > 0 ? wanted : Object.keys(BENCHES)) {
  const benches = Object.entries(BENCHES).filter(([key]) => key === name || key.startsWith(`${name}-`));
  if (benches.length === 0) {
    console.error(`no bench "${name}": there are ${Object.keys(BENCHES).join(', ')}`);
    process.exitCode = 64;
    break;
  }
  for (const [, bench] of benches) await bench();
}

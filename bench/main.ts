/** `npm run bench [NAME…]`: the figures docs/PERFORMANCE.md quotes. Shared machines are noisy: read the ratios. */
import { add } from './add.ts';
import { deferred } from './deferred.ts';
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
};

const wanted = process.argv.slice(2);
for (const name of wanted.length > 0 ? wanted : Object.keys(BENCHES)) {
  const bench = BENCHES[name];
  if (!bench) {
    console.error(`no bench "${name}": there are ${Object.keys(BENCHES).join(', ')}`);
    process.exitCode = 64;
    break;
  }
  await bench();
}

/** `npm run bench [NAME…]`: the figures docs/PERFORMANCE.md quotes. Shared machines are noisy: read the ratios. */
import { emptyRun } from './empty-run.ts';
import { thousandPosts } from './thousand-posts.ts';
import { wake } from './wake.ts';

const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  'empty-run': emptyRun,
  'thousand-posts': thousandPosts,
  wake,
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

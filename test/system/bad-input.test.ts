/**
 * What has no business in a spool: it is said, it is kept, it stops nothing, and the run ends. The program runs as a
 * user who is not root.
 */
import { join } from 'node:path';
import t from 'tap';
import {
  areInBad,
  areSaid,
  BUCKET,
  DUE,
  isStable,
  makePlace,
  makeSite,
  putForeign,
  putThings,
} from '../support/bad-site.ts';
import { BAD_THINGS } from '../support/bad-things.ts';
import { skipReason } from '../support/lab-needs.ts';

const skip = skipReason({ programs: ['mkfifo', 'mknod', 'timeout'], users: ['nobody'] });
t.setTimeout(300_000);

for (const [where, place, prefix] of [
  ['new', 'new', ''],
  ['deferred', `deferred/${BUCKET}`, DUE],
] as const) {
  await t.test(`in ${where}/, under the name of an entry`, { skip }, async (t) => {
    using site = await makeSite(6);
    const directory = makePlace(site, place);
    const puts = putThings(site, directory, prefix);
    const ran = await site.run();
    t.equal(ran.status, 0, ran.stderr);
    t.strictSame(site.finished(), site.good, 'the good ones are done');
    areInBad(t, site, puts);
    areSaid(t, ran, puts, /^qrunner: entry-bad queue=work id=\S+ reason=/);
    await isStable(t, site);
  });
}

await t.test('in active/, under the name of an entry', { skip }, async (t) => {
  using site = await makeSite(6);
  const puts = putThings(site, join(site.queue, 'active'));
  const ran = await site.run();
  t.equal(ran.status, 0, ran.stderr);
  t.strictSame(site.finished(), site.good, 'the good ones are done');
  areInBad(t, site, puts);
  await isStable(t, site);
});

await t.test('in done/, under the name of an entry: what is no file is set aside', { skip }, async (t) => {
  using site = await makeSite(6);
  const directories = BAD_THINGS.filter(({ what }) => what.includes('directory') && !what.includes('link'));
  const puts = putThings(site, join(site.queue, 'done'), '', directories);
  const ran = await site.run();
  t.equal(ran.status, 0, ran.stderr);
  t.strictSame(site.finished(), site.good, 'the good ones are done');
  areInBad(t, site, puts);
  await isStable(t, site);
});

for (const [where, place] of [
  ['new', 'new'],
  ['active', 'active'],
  ['done', 'done'],
  ['deferred', 'deferred'],
  ['a bucket of deferred', `deferred/${BUCKET}`],
] as const) {
  await t.test(`in ${where}/, under foreign names`, { skip }, async (t) => {
    using site = await makeSite(6);
    const directory = makePlace(site, place);
    const puts = putForeign(site, directory);
    const ran = await site.run();
    t.equal(ran.status, 0, ran.stderr);
    t.strictSame(site.finished(), site.good, 'the good ones are done');
    areInBad(t, site, puts);
    areSaid(t, ran, puts, /^qrunner: (entry|recovery)-bad queue=work (file|id)=/);
    await isStable(t, site);
  });
}

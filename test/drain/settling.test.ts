import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { settling } from '../../lib/drain/settling.ts';

/** Syncs that are written down. */
function rig(fail: (directory: string) => boolean = () => false) {
  const events: string[] = [];
  const sync = async (directory: string): Promise<void> => {
    events.push(`sync ${directory}`);
    await sleep(5);
    if (fail(directory)) throw new Error(`EIO ${directory}`);
    events.push(`synced ${directory}`);
  };
  return { events, sync };
}

await t.test('those that come together share a sync; what follows comes after it', async (t) => {
  const { events, sync } = rig();
  const settled = settling(sync, 20);
  for (const name of ['a', 'b']) settled.add('/out', () => events.push(`forget ${name}`));
  settled.add('/in', () => events.push('forget c'));
  t.same(events, []);
  await sleep(60);
  t.same(events, ['sync /out', 'sync /in', 'synced /out', 'forget a', 'forget b', 'synced /in', 'forget c']);
  await settled.end();
  t.equal(events.length, 7);
});

await t.test('the end does not wait for more', async (t) => {
  const { events, sync } = rig();
  const settled = settling(sync, 60_000);
  settled.add('/out', () => events.push('forget a'));
  await settled.end();
  t.same(events, ['sync /out', 'synced /out', 'forget a']);
  await settled.end();
});

await t.test('a sync that fails is told at the end, and nothing follows it', async (t) => {
  const { events, sync } = rig((directory) => directory === '/bad');
  const settled = settling(sync, 1);
  settled.add('/bad', () => events.push('forget a'));
  settled.add('/out', () => events.push('forget b'));
  await t.rejects(settled.end(), { message: 'EIO /bad' });
  t.notOk(events.includes('forget a'));
  t.ok(events.includes('forget b'));
});

import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { Log } from '../../lib/base/log.ts';
import { openWatcher, type WatcherOptions } from '../../lib/watch/watcher.ts';

const LONG = 20_000;
const never = new AbortController().signal;

/** A watcher over the directories `bell` (no settling) and `new` (200 ms). */
function rig(t: Test, options: Partial<WatcherOptions> = {}) {
  const dir = t.testdir({ bell: {}, new: {} });
  const said: string[] = [];
  const log: Log = (level, event, { reason = '', fix = '' } = {}) => {
    said.push([level, event, reason, fix].filter(Boolean).join(' '));
  };
  const watcher = openWatcher({ log, ...options });
  t.teardown(watcher.close);
  const places = [
    { path: join(dir, 'bell'), settleMs: 0 },
    { path: join(dir, 'new'), settleMs: 200 },
  ];
  const touch = (name: string) => writeFileSync(join(dir, name), '');
  /** How it ended, and after how many milliseconds. */
  const timed = async (ms: number, deafMs = 0) => {
    const started = performance.now();
    const woken = await watcher.wait(ms, never, deafMs);
    return { woken, ms: performance.now() - started };
  };
  return { dir, said, watcher, places, touch, timed, arm: () => watcher.arm(places) };
}

await t.test('a change ends the wait', async (t) => {
  const { arm, touch, timed, said } = rig(t);
  arm();
  setTimeout(touch, 50, 'bell/a');
  const { woken, ms } = await timed(LONG);
  t.equal(woken, 'change');
  t.ok(ms < LONG / 2, `after ${Math.round(ms)} ms`);
  arm();
  t.match(await timed(60), { woken: 'time' }, 'it counts once');
  t.same(said, []);
});

await t.test('a change between arm and wait counts, one before arm does not', async (t) => {
  const { arm, touch, timed } = rig(t);
  arm();
  touch('bell/a');
  // The drain: the change is told in between.
  await sleep(50);
  t.match(await timed(LONG), { woken: 'change' });
  touch('bell/b');
  await sleep(50);
  arm();
  t.match(await timed(60), { woken: 'time' });
});

await t.test('where more will follow, the wait goes on for a little', async (t) => {
  const { arm, touch, timed } = rig(t);
  arm();
  touch('new/a');
  const alone = await timed(LONG);
  t.equal(alone.woken, 'change');
  t.ok(alone.ms > 100 && alone.ms < LONG / 2, `${Math.round(alone.ms)} ms`);
  arm();
  touch('new/b');
  touch('bell/b');
  t.match(await timed(LONG), { woken: 'change' }, 'the bell ends it');
});

await t.test('deaf for a time', async (t) => {
  const { arm, touch, timed, watcher } = rig(t);
  arm();
  touch('bell/a');
  const { woken, ms } = await timed(LONG, 300);
  t.equal(woken, 'change');
  t.ok(ms >= 290, `${Math.round(ms)} ms`);
  arm();
  touch('bell/b');
  t.match(await timed(100, 100), { woken: 'change' });
  arm();
  setTimeout(watcher.wake, 20);
  t.match(await timed(LONG, LONG), { woken: 'change' }, 'but not for who is called by name');
  watcher.wake();
  t.match(await timed(LONG, LONG), { woken: 'change' }, 'also before the wait');
});

await t.test('a signal ends the wait', async (t) => {
  const { arm, watcher } = rig(t);
  arm();
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 20);
  t.equal(await watcher.wait(LONG, stop.signal), 'stop');
  t.equal(await watcher.wait(LONG, stop.signal), 'stop', 'and the next one');
});

await t.test('a directory that is lost: short waits, said once, until it is back', async (t) => {
  const { dir, arm, touch, timed, said } = rig(t, { shortMs: 60 });
  arm();
  rmdirSync(join(dir, 'bell'));
  t.match(await timed(LONG), { woken: 'change' }, 'the loss is a change');
  for (let turn = 0; turn < 3; turn++) {
    arm();
    t.match(await timed(LONG), { woken: 'time' }, 'a short wait');
  }
  t.equal(said.length, 1);
  t.match(said[0], /^warning watch-lost ENOENT: .*bell'$/);
  arm();
  touch('new/a');
  t.match(await timed(LONG), { woken: /change|time/ }, 'the others are still watched');
  mkdirSync(join(dir, 'bell'));
  arm();
  t.same(said.slice(1), ['notice watch-back']);
  setTimeout(touch, 200, 'bell/b');
  t.match(await timed(LONG), { woken: 'change' });
});

await t.test('a directory replaced by another one is watched anew, without a word', async (t) => {
  const { dir, arm, touch, timed, said } = rig(t);
  arm();
  rmdirSync(join(dir, 'bell'));
  mkdirSync(join(dir, 'bell'));
  t.match(await timed(LONG), { woken: 'change' });
  arm();
  touch('bell/a');
  t.match(await timed(LONG), { woken: 'change' });
  t.same(said, []);
});

await t.test('no watch to be had', async (t) => {
  for (const [code, fix] of [
    ['EMFILE', 'max_user_instances'],
    ['ENOSPC', 'max_user_watches'],
  ] as const) {
    let had = false;
    const { arm, timed, said } = rig(t, {
      shortMs: 30,
      watchDirectory: () => {
        if (had) return { holds: () => true, close: () => {} };
        throw Object.assign(new Error(`${code}: none left`), { code });
      },
    });
    for (let turn = 0; turn < 3; turn++) {
      arm();
      t.match(await timed(LONG), { woken: 'time' });
    }
    t.equal(said.length, 1);
    t.match(said[0], `watch-lost ${code}: none left raise fs.inotify.${fix}`);
    had = true;
    arm();
    t.equal(said[1], 'notice watch-back');
  }
});

await t.test('a file system that may keep changes to itself', async (t) => {
  const { arm, touch, timed, said } = rig(t, {
    shortMs: 40,
    silentFileSystem: (path) => (path.endsWith('bell') ? 'NFS' : null),
  });
  arm();
  t.match(await timed(LONG), { woken: 'time' });
  arm();
  t.match(said, [/^warning watch-lost .*bell is on NFS, which may not tell of changes$/]);
  touch('bell/a');
  t.match(await timed(LONG), { woken: 'change' }, 'what is told is heard all the same');
});

await t.test('other directories', async (t) => {
  const { dir, watcher, touch, timed } = rig(t);
  watcher.arm([{ path: join(dir, 'bell'), settleMs: 0 }]);
  touch('new/a');
  t.match(await timed(60), { woken: 'time' });
  watcher.arm([{ path: join(dir, 'new'), settleMs: 0 }]);
  touch('bell/a');
  t.match(await timed(60), { woken: 'time' });
  touch('new/b');
  t.match(await timed(LONG), { woken: 'change' });
});

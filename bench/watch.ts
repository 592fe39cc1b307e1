/** `qrunner --all --watch`: from acceptance to delivery, what it costs while nothing comes, memory over 2,000 drains. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../lib/base/clock.ts';
import { QUEUES } from '../lib/config/queue-names.ts';
import { addEntry } from '../lib/spool/add.ts';
import { EMPTY_META } from '../lib/spool/entry.ts';
import { openSpool } from '../lib/spool/spool.ts';
import { makeSite, PROGRAM, report, spread } from './support.ts';

const DRAINS = 2_000;
const IDLE_MS = 10_000;
const POST = Buffer.from('From: ann@example.net\nSubject: tea\n\nTea?\n');

function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function residentOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** Runs the bench and prints its figures. Linux only: it reads /proc. */
export async function watchBench(): Promise<void> {
  const site = makeSite(['ann@example.net']);
  const child = spawn(process.execPath, [PROGRAM, '--all', '--watch'], { env: site.env, stdio: 'ignore' });
  try {
    const { pid = 0 } = child;
    // The configuration must be two seconds old before it is kept.
    await sleep(3_000);
    const spool = openSpool(
      join(site.directory, 'spool'),
      QUEUES.map(({ name }) => name),
      systemClock,
    );
    const meta = { ...EMPTY_META, list: 'friends@lists.example', role: 'posting', sender: 'ann@example.net' };
    const times: number[] = [];
    const memory: string[] = [];
    for (let drain = 1; drain <= DRAINS; drain++) {
      await addEntry(spool, 'in', { ...meta, role: 'posting' }, [POST]);
      const accepted = performance.now();
      const inbox = join(site.directory, 'state/maildir/ann@example.net/new');
      while (countOf(inbox) < drain) await sleep(1);
      times.push(performance.now() - accepted);
      while (readdirSync(spool.layout.bell).length > 0) await sleep(1);
      if ([100, DRAINS / 2, DRAINS].includes(drain))
        memory.push(`${residentOf(pid).toFixed(0)} MB after ${drain}`);
    }
    await sleep(3_000);
    const before = ticksOf(pid);
    await sleep(IDLE_MS);
    report(`watch, ${DRAINS} posts one by one`, [
      `from acceptance to delivery   ${spread(times, 0)} ms`,
      `resident memory               ${memory.join(', ')}`,
      `CPU while nothing comes       ${(ticksOf(pid) - before) * 10} ms in ${IDLE_MS / 1000} s`,
    ]);
  } finally {
    const ended = once(child, 'exit');
    child.kill();
    await ended;
    site.remove();
  }
}

function countOf(directory: string): number {
  try {
    return readdirSync(directory).length;
  } catch {
    return 0;
  }
}

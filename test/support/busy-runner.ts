/**
 * A module queue that takes its time and writes down who works on what, so that a test sees whether two ever work on
 * one entry.
 *
 *     BUSY_NOTES/working/ID    made when work begins (it must not be there), gone when it ends; holds the pid
 *     BUSY_NOTES/finished/ID   made when work ends (it must not be there)
 *     BUSY_NOTES/wrong         a line for each time it was otherwise
 */
import { appendFileSync, existsSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Verdict } from '../../lib/runners/runner.ts';
import type { Entry } from '../../lib/spool/entry.ts';

/** Where the notes are. */
export const NOTES = 'BUSY_NOTES';
/** How long an entry takes at most, milliseconds. */
export const TAKES = 'BUSY_TAKES';
/** The name of a file without which no work ends; none when it is not set. */
export const GATE = 'BUSY_GATE';

const notes = process.env[NOTES] ?? '';

function complain(what: string): void {
  appendFileSync(join(notes, 'wrong'), `${what}\n`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The contract of a module queue. */
export async function run(entry: Entry): Promise<Verdict> {
  const working = join(notes, 'working', entry.id);
  try {
    writeFileSync(working, `${process.pid}`, { flag: 'wx' });
  } catch {
    const other = Number(readFileSync(working, 'utf8'));
    // Of a run that was killed the note stays, and its work may be taken up.
    if (isAlive(other)) complain(`${entry.id}: ${process.pid} begins while ${other} works on it`);
    writeFileSync(working, `${process.pid}`);
  }
  const gate = process.env[GATE];
  const isShut = () => gate !== undefined && !existsSync(gate);
  while (isShut()) await sleep(20);
  await sleep(Number(process.env[TAKES]) * (0.5 + Math.random() / 2));
  try {
    writeFileSync(join(notes, 'finished', entry.id), '', { flag: 'wx' });
  } catch {
    complain(`${entry.id}: finished a second time, by ${process.pid}`);
  }
  if (readFileSync(working, 'utf8') !== `${process.pid}`) complain(`${entry.id}: taken from ${process.pid}`);
  unlinkSync(working);
  return { kind: 'done', outputs: [] };
}

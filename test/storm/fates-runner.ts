/**
 * The runner of the storm's queues, a module as any site may have one. It takes a little time, so that there is
 * something to kill, and does what fate.ts says.
 *
 * A receipt is a file per entry of sink, with a line for each run that worked on it.
 */
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunContext, Verdict } from '../../lib/runners/runner.ts';
import { EMPTY_META, type Entry } from '../../lib/spool/entry.ts';
import { fateOf, roll, STORM_QUEUES, troubleOf } from './fate.ts';

/** Where receipts go, and which run this is. */
export const RECEIPTS = 'STORM_RECEIPTS';
export const RUN = 'STORM_RUN';

/** Says which message an output comes of: the id of the entry that was accepted, before its token. */
export const ROOT_FIELD = 'Storm-Root';

/** The contract of a module queue. */
export async function run(entry: Entry, { clock }: RunContext): Promise<Verdict> {
  const queue = STORM_QUEUES.find((name) => name === entry.queue);
  if (queue === undefined) throw new Error(`no queue of the storm: ${entry.queue}`);
  await sleep(roll(queue, entry.id, 'time') * 12);
  const { throws, deferrals } = troubleOf(queue, entry.id);
  // An operator at the end of the storm need not wait: what was released goes through.
  if (!entry.released && entry.failures < deferrals) {
    const until = clock.now() + 100 + 900 * roll(queue, entry.id, `wait ${entry.failures}`);
    return { kind: 'defer', until, reason: 'the storm wants it later', failed: true };
  }
  if (!entry.released && throws) throw new Error('the storm throws');
  const { kind, outputs } = fateOf(queue, entry.id);
  const head = (await entry.readHead(512)).toString('latin1');
  if (queue === 'sink') receipt(entry.id, head);
  const root = head.startsWith(ROOT_FIELD) ? '' : `${ROOT_FIELD}: ${entry.id}\n`;
  const made = outputs.map((output) => ({
    queue: output,
    meta: EMPTY_META,
    message: { head: Buffer.from(root), tailFrom: 0 },
  }));
  switch (kind) {
    case 'done':
      return { kind, outputs: made };
    case 'hold':
      return { kind, reason: 'the storm holds it', outputs: made };
    case 'shunt':
      return { kind, reason: 'the storm shunts it' };
    default:
      throw new Error('no such fate');
  }
}

function receipt(id: string, head: string): void {
  const directory = process.env[RECEIPTS] ?? '';
  const lines = head.split('\n').slice(0, 2).join(' ');
  mkdirSync(directory, { recursive: true });
  appendFileSync(join(directory, id), `${process.env[RUN] ?? ''} ${lines}\n`);
}

/**
 * What becomes of an entry in the queues of the storm: a function of its queue and its id, so that a repeat decides
 * alike, and the account at the end knows every id before it looks.
 *
 *     split ──▶ relay, sink    0 to 4 outputs; some are held with a notice for sink, some shunted
 *     relay ──▶ sink           0 to 2 outputs; some are shunted
 *     sink                     the end: a receipt
 *     doomed                   held, until an operator deletes it
 */
import { createHash } from 'node:crypto';
import { outputId } from '../../lib/spool/spool.ts';

/** The queues of the storm, which are modules. */
export const STORM_QUEUES = ['split', 'relay', 'sink', 'doomed'] as const;

/** One of {@link STORM_QUEUES}. */
export type StormQueue = (typeof STORM_QUEUES)[number];

/** What is decided in the end, and for which queues there are outputs. */
export type Fate = {
  readonly kind: 'done' | 'hold' | 'shunt';
  readonly outputs: readonly StormQueue[];
};

/** What goes wrong on the way to it: an error that is thrown, or that many deferrals of some hundred milliseconds. */
export type Trouble = { readonly throws: boolean; readonly deferrals: number };

/** Where something ends: with a receipt, or in a state. */
export type End = { readonly queue: string; readonly id: string; readonly at: 'receipt' | 'held' | 'shunt' };

/** A number from 0 up to 1 that belongs to an entry and a question. */
export function roll(queue: string, id: string, question: string): number {
  const hash = createHash('sha256').update(`${queue} ${id} ${question}`).digest();
  return hash.readUInt32BE(0) / 2 ** 32;
}

/** What is decided about an entry. */
export function fateOf(queue: StormQueue, id: string): Fate {
  const chance = roll(queue, id, 'fate');
  const count = (most: number) => Math.floor(roll(queue, id, 'outputs') * (most + 1));
  switch (queue) {
    case 'split': {
      if (chance < 0.04) return { kind: 'shunt', outputs: [] };
      if (chance < 0.08) return { kind: 'hold', outputs: ['sink'] };
      const queues = Array.from({ length: count(4) }, (_, index) =>
        roll(queue, id, `output ${index}`) < 0.5 ? ('relay' as const) : ('sink' as const),
      );
      return { kind: 'done', outputs: queues };
    }
    case 'relay':
      if (chance < 0.03) return { kind: 'shunt', outputs: [] };
      return { kind: 'done', outputs: Array.from({ length: count(2) }, () => 'sink' as const) };
    case 'sink':
      return { kind: 'done', outputs: [] };
    case 'doomed':
      return { kind: 'hold', outputs: [] };
    default:
      throw new Error(`no queue of the storm: ${String(queue)}`);
  }
}

/** What goes wrong before; nothing in sink and doomed, so that whoever repeats there had a dead run before him. */
export function troubleOf(queue: StormQueue, id: string): Trouble {
  if (queue === 'sink' || queue === 'doomed') return { throws: false, deferrals: 0 };
  const chance = roll(queue, id, 'trouble');
  return { throws: chance < 0.04, deferrals: chance < 0.75 ? 0 : chance < 0.9 ? 1 : 2 };
}

/** Every place where something lies in the end that came of an entry. */
export function endsOf(queue: StormQueue, id: string): End[] {
  const { kind, outputs } = fateOf(queue, id);
  const ends: End[] = [];
  if (kind === 'hold') ends.push({ queue, id, at: 'held' });
  else if (kind === 'shunt') ends.push({ queue, id, at: 'shunt' });
  else if (queue === 'sink') ends.push({ queue, id, at: 'receipt' });
  for (const [index, output] of outputs.entries()) {
    ends.push(...endsOf(output, outputId({ queue, id }, output, index)));
  }
  return ends;
}

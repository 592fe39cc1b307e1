/**
 * The proof over a recording: no cut loses or doubles anything, and with a sync left out one does. Syncs are told apart
 * by what they make safe, not by their place in the recording, so that another order of calls changes nothing here.
 */
import { cutEverywhere, type Judge, type Sync, stepsOf, syncsOf } from './power-cuts.ts';
import type { Recording } from './power-record.ts';
import { wordOf } from './power-words.ts';

/** What was found out over all recordings. */
export type Findings = {
  /** Each kind of sync: the first thing that goes wrong without it, or `null` when nothing did so far. */
  readonly kinds: Map<string, string | null>;
  /** Each word for a step that was recorded. */
  readonly words: Set<string>;
};

/** The proof of one recording. */
export type Proof = { readonly wrong: readonly string[]; readonly summary: string };

/** Without so many syncs of a kind in a row nothing went wrong: the recording does not need that kind. */
const TRIES = 2;

/** What a sync makes safe and must: the words that are not among `explained`. */
function kindOf({ steps }: Sync, explained: ReadonlySet<string>): string {
  const words = new Set(steps.map(wordOf).filter((word) => !explained.has(word)));
  return [...words].sort().join(', ');
}

/** Makes all cuts; then leaves out syncs of each kind that is not yet known to be needed. */
export async function prove(
  recording: Recording,
  judge: Judge,
  seed: number,
  explained: ReadonlySet<string>,
  { kinds, words }: Findings,
): Promise<Proof> {
  const well = new Set<string>();
  const { cuts, judged, wrong } = await cutEverywhere(recording, judge, { well, seed });
  for (const step of stepsOf(recording)) words.add(wordOf(step));
  let left = 0;
  const tries = new Map<string, number>();
  for (const sync of wrong.length > 0 ? [] : syncsOf(recording)) {
    const kind = kindOf(sync, explained);
    const tried = tries.get(kind) ?? 0;
    if (kind === '' || (kinds.get(kind) ?? null) !== null || tried === TRIES) continue;
    const without = await cutEverywhere(recording, judge, { well, seed, without: sync.number });
    left += without.cuts;
    tries.set(kind, tried + 1);
    kinds.set(kind, without.wrong[0] ?? null);
  }
  return { wrong, summary: `${cuts} cuts, ${judged} runs; ${left} cuts with a sync left out; seed ${seed}` };
}

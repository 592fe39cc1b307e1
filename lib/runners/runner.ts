/**
 * The contract of a runner: a function from an entry to a verdict.
 *
 *     entry ──runner──▶ done      outputs are accepted, then the input is gone
 *                       defer     the same entry again, not before a time
 *                       hold      a person decides; outputs (notices) are accepted
 *                       shunt     a person must look; the reason lies beside the entry
 *
 * Promises: a runner never touches the spool; the drain carries the verdict out. Called again for the same
 * entry (after a crash), it must yield the same outputs in the same order, since their names derive from it.
 * Fails: an ExpectedError with EX_DATAERR (the message is at fault) shunts the entry; whatever else a runner throws is
 * temporary and counted, and at the limit the entry is shunted.
 */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Entry, Output } from '../spool/entry.ts';

/** What becomes of an entry. */
export type Verdict =
  | { readonly kind: 'done'; readonly outputs: readonly Output[]; readonly note?: string }
  /** `until` in milliseconds since the epoch. `failed`: counts toward the limit of attempts. */
  | { readonly kind: 'defer'; readonly until: number; readonly reason: string; readonly failed: boolean }
  | { readonly kind: 'hold'; readonly reason: string; readonly outputs: readonly Output[] }
  | { readonly kind: 'shunt'; readonly reason: string };

/** Lines kept beside an active entry, so that a run killed half-way goes on where it was. */
export type Journal = {
  /** What was recorded by this and earlier runs, in order. */
  readonly records: () => readonly unknown[];
  /** Resolves when the record (JSON) is durable. */
  readonly append: (record: unknown) => Promise<void>;
  /** Takes room for so many bytes of records, before what must be recorded is done. @throws on a full disk */
  readonly reserve?: (bytes: number) => void;
};

/** What a runner may use beside the entry. */
export type RunContext = {
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Journal;
  /** Aborted when the run must end: put down what can be put down. */
  readonly signal: AbortSignal;
};

/** A runner with its life cycle: opened when its queue has work, closed at the end of the run. */
export type Runner = {
  readonly run: (entry: Entry, context: RunContext) => Promise<Verdict>;
  /** Entries it works on at the same time. @default 16 */
  readonly concurrency?: number;
  /** Ends connections and handles. Nothing may keep the process alive after it. */
  readonly close?: () => Promise<void>;
};

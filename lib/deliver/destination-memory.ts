/**
 * What is remembered of destinations from run to run: how many connections they took, why they were out of reach, and
 * when the next attempt may be made.
 *
 *     reached ──cannot be reached──▶ resting until a time, longer with each failure in a row ──▶ one attempt
 *                                                                                               │        │
 *     reached ◀─────────────────────────────── it succeeds ─────────────────────────────────────┘        └─ again
 *
 * Promises: a failure is in the state when `failed` returns; the rest when `save` does. Memory helps delivery and never stops
 * it: while the state cannot be read or written nothing is known, and what could not be written waits for `save`.
 * Fails: `save` and the functions for people may throw TemporaryError, ExpectedError (lib/state).
 */
import { createHash } from 'node:crypto';
import { type Backoff, backoffMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { ExpectedError, TemporaryError } from '../base/errors.ts';
import type { Database } from '../state/database.ts';
import { integerOf, type Row, textOf } from '../state/row.ts';

/** What is known of a destination. Times in milliseconds since the epoch. */
export type DestinationRecord = {
  /** `smtp:mail.example.net:587` and the like: {@link Carrier}'s name. */
  readonly name: string;
  /** Failures to reach it in a row; 0 when it was reached last. */
  readonly failures: number;
  /** No attempt before this; 0 when one may be made. */
  readonly notBefore: number;
  /** Connections it took at once. */
  readonly window: number;
  /** Why it could not be reached, the last time that happened, and what was said. */
  readonly error: string | null;
  readonly conversation: string | null;
  readonly failedAt: number | null;
  readonly reachedAt: number | null;
};

/** A destination of this run. */
export type Destination = {
  /** Connections to begin with. */
  readonly window: () => number;
  /** Why no attempt may be made now, or `null`. */
  readonly resting: () => { readonly reply: string } | null;
  /** When the next attempt may be made, or `null` when it may be now. */
  readonly restsUntil: () => number | null;
  /** It answered, and so many connections may be open. */
  readonly reached: (window: number) => void;
  /** It could not be reached. */
  readonly failed: (error: string, conversation: string | null) => void;
  /** A person wants an attempt now: the rest of an earlier run is over. */
  readonly wake: () => void;
};

/** The memory, open for a run. */
export type DestinationMemory = {
  readonly of: (name: string) => Destination;
  /** Writes what has changed. */
  readonly save: () => void;
};

/** No destination rests longer than this, milliseconds: mail must flow soon after it is back. */
export const LONGEST_REST_MS = 3_600_000;

/** A destination that nobody sent to for so long is forgotten, milliseconds: 30 days. */
const FORGET_MS = 30 * 86_400_000;

/** Characters of an error that are kept. */
const ERROR_LENGTH = 600;

/** Opens the memory. `backoff` says how long a destination rests. */
export function openDestinationMemory(db: Database, backoff: Backoff, clock: Clock): DestinationMemory {
  const known = new Map<string, Destination>();
  const changed = new Map<string, DestinationRecord>();
  const rest: Backoff = { firstMs: backoff.firstMs, maxMs: Math.min(backoff.maxMs, LONGEST_REST_MS) };

  const write = (record: DestinationRecord): void => {
    if (attempt(() => writeDestination(db, record)) !== null) changed.delete(record.name);
  };

  const open = (name: string): Destination => {
    let record = attempt(() => readDestination(db, name)) ?? { ...UNKNOWN, name };
    let awake = false;
    let failedHere = false;
    const rests = (): boolean => !awake && record.notBefore > clock.now();
    return {
      window: () => (record.failures > 0 ? 1 : record.window),
      restsUntil: () => (rests() ? record.notBefore : null),
      resting: () => {
        if (!rests()) return null;
        const again = new Date(record.notBefore).toISOString();
        return { reply: `not tried before ${again}, since it could not be reached: ${record.error ?? ''}` };
      },
      reached: (window) => {
        const wasOut = record.failures > 0;
        record = { ...record, failures: 0, notBefore: 0, window, reachedAt: clock.now() };
        changed.set(name, record);
        if (wasOut) write(record);
      },
      failed: (error, conversation) => {
        const now = clock.now();
        const failures = record.failures + 1;
        const notBefore = now + backoffMs(failures, spreadOf(name), rest);
        record = {
          ...record,
          failures,
          notBefore,
          window: 1,
          error: error.slice(0, ERROR_LENGTH),
          conversation,
          failedAt: now,
        };
        awake = false;
        failedHere = true;
        changed.set(name, record);
        write(record);
      },
      wake: () => {
        // A second attempt in the same rest would find the same.
        if (!failedHere || !rests()) awake = true;
      },
    };
  };

  return {
    of: (name) => {
      const destination = known.get(name) ?? open(name);
      known.set(name, destination);
      return destination;
    },
    save: () => {
      if (changed.size === 0) return;
      db.transaction(() => {
        for (const record of changed.values()) writeDestination(db, record);
        db.run(
          'DELETE FROM destination WHERE max(ifnull(failed_at, 0), ifnull(reached_at, 0)) < ?',
          clock.now() - FORGET_MS,
        );
      });
      changed.clear();
    },
  };
}

const UNKNOWN: Omit<DestinationRecord, 'name'> = {
  failures: 0,
  notBefore: 0,
  window: 1,
  error: null,
  conversation: null,
  failedAt: null,
  reachedAt: null,
};

/** All destinations that are remembered: those out of reach first, then by name. */
export function listDestinations(db: Database): DestinationRecord[] {
  return db.all('SELECT * FROM destination ORDER BY failures = 0, name').map(recordOf);
}

/** What is remembered of one destination, or `null`. */
export function readDestination(db: Database, name: string): DestinationRecord | null {
  const row = db.get('SELECT * FROM destination WHERE name = ?', name);
  return row === null ? null : recordOf(row);
}

/** Lets the next run try a destination at once, or all of them; returns how many rested. */
export function wakeDestinations(db: Database, name: string | null): number {
  return db.run(
    'UPDATE destination SET not_before = 0 WHERE not_before > 0 AND (?1 IS NULL OR lower(name) = lower(?1))',
    name,
  ).changes;
}

/** What `work` gives; `null` when the state is in trouble. @throws whatever else is thrown */
function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof TemporaryError || error instanceof ExpectedError) return null;
    throw error;
  }
}

function writeDestination(db: Database, record: DestinationRecord): true {
  db.run(
    `INSERT INTO destination (name, failures, not_before, window, error, conversation, failed_at, reached_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET failures = excluded.failures, not_before = excluded.not_before,
       window = excluded.window, error = excluded.error, conversation = excluded.conversation,
       failed_at = excluded.failed_at, reached_at = excluded.reached_at`,
    record.name,
    record.failures,
    record.notBefore,
    record.window,
    record.error,
    record.conversation,
    record.failedAt,
    record.reachedAt,
  );
  return true;
}

function recordOf(row: Row): DestinationRecord {
  const text = (column: string) => (row[column] === null ? null : textOf(row, column));
  const time = (column: string) => (row[column] === null ? null : integerOf(row, column));
  return {
    name: textOf(row, 'name'),
    failures: integerOf(row, 'failures'),
    notBefore: integerOf(row, 'not_before'),
    window: integerOf(row, 'window'),
    error: text('error'),
    conversation: text('conversation'),
    failedAt: time('failed_at'),
    reachedAt: time('reached_at'),
  };
}

/** In [0, 1): the same for the same name, so that destinations that failed together do not come back together. */
function spreadOf(name: string): number {
  return createHash('sha256').update(name).digest().readUInt32BE(0) / 2 ** 32;
}

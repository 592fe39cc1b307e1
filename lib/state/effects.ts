/**
 * What an entry has already done to the state, so that it is done once.
 *
 *     once(entry, kind) ── recorded? ── yes ──▶ the recorded result
 *                              └─ no ──▶ work, record its result ──▶ the result     (one transaction)
 *
 * Promises: however often a runner is killed and repeated, `work` takes effect once, and every repeat gets
 * the result of that one time, so it yields the same outputs.
 * Fails: when `work` throws, nothing is changed or recorded, and the next try runs it again.
 */
import type { Database } from './connection.ts';
import { textOf } from './row.ts';

/** A value that JSON carries unchanged. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/**
 * How long effects are kept, milliseconds: 30 days. An entry that is released from `shunt` later acts again.
 */
export const EFFECT_LIFE_MS = 30 * 86_400_000;

/**
 * The result of `work` for this entry and kind of effect (a word; one entry may have several). `work` changes
 * the state synchronously through `db`; it must do nothing that the database cannot take back. The result is
 * kept as JSON in the database: the first call already returns what a repeat will return. It is the runner's
 * business that a result recorded by an older version of it still makes sense.
 *
 * @throws what `work` throws, TemporaryError, ExpectedError
 */
export function once<T extends JsonValue>(
  db: Database,
  entryId: string,
  kind: string,
  work: () => T,
  now: number = Date.now(),
): T {
  return db.transaction(() => {
    const row = db.get('SELECT result FROM effect WHERE entry = ? AND kind = ?', entryId, kind);
    if (row !== null) return JSON.parse(textOf(row, 'result')) as T;
    const result = JSON.stringify(work());
    db.run('INSERT INTO effect (entry, kind, result, at) VALUES (?, ?, ?, ?)', entryId, kind, result, now);
    return JSON.parse(result) as T;
  });
}

/**
 * Forgets the effects of entries that are gone for good (`which`: their ids), or all that are older than
 * `which` milliseconds at `now`. Returns how many were forgotten.
 *
 * @throws TemporaryError, ExpectedError
 */
export function forgetEffects(
  db: Database,
  which: readonly string[] | number = EFFECT_LIFE_MS,
  now: number = Date.now(),
): number {
  if (typeof which === 'number') return db.run('DELETE FROM effect WHERE at < ?', now - which).changes;
  return db.transaction(() => {
    let forgotten = 0;
    for (const entryId of which) forgotten += db.run('DELETE FROM effect WHERE entry = ?', entryId).changes;
    return forgotten;
  });
}

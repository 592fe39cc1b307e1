/**
 * Whether a post goes out with a reverse-path for each member (VERP): always, never, or every so many posts.
 * Fails: may throw TemporaryError, ExpectedError. A runner calls {@link isVerpTurn} inside `once` (lib/state/effects.ts).
 */
import type { Verp } from '../config/site.ts';
import type { Database } from '../state/database.ts';
import { integerOf } from '../state/row.ts';

/** Counts a post of the list, where that matters, and says whether it has its turn. */
export function isVerpTurn(db: Database, list: string, verp: Verp): boolean {
  if (typeof verp === 'string') return verp === 'always';
  const row = db.get(
    `INSERT INTO post_count (list, posts) VALUES (?, 1)
     ON CONFLICT (list) DO UPDATE SET posts = posts + 1 RETURNING posts`,
    list,
  );
  return row !== null && integerOf(row, 'posts') % verp.every === 0;
}

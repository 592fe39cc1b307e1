/**
 * Keys of the site that nobody else knows. They lie in the state, whose file only its user can read.
 *
 * Promises: the same name gives the same key for as long as the state lives, also to two processes that ask first at
 * the same time.
 * Fails: may throw TemporaryError, ExpectedError.
 */
import { randomBytes } from 'node:crypto';
import type { Database } from './connection.ts';
import { textOf } from './row.ts';

/** The key of this name: 32 random bytes, made at the first call. */
export function siteSecret(db: Database, name: string): Buffer {
  const read = () => db.get('SELECT value FROM secret WHERE name = ?', name);
  let row = read();
  if (row === null) {
    db.run(
      'INSERT INTO secret (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING',
      name,
      randomBytes(32).toString('hex'),
    );
    row = read();
  }
  if (row === null) throw new Error(`no secret ${name} after it was made`);
  return Buffer.from(textOf(row, 'value'), 'hex');
}

/**
 * Rows as they come out of SQLite, and the checked way from a column to a value.
 *
 * Promises: nothing that SQLite holds reaches the program with a type it does not have.
 * Fails: a column that is missing or of another type is a bug of ours (or a file edited by hand) and throws.
 */

/** What can be stored in a column, and bound to a `?`. Times are milliseconds since the epoch. */
export type SqlValue = string | number | null;

/** One row, by column name. */
export type Row = Readonly<Record<string, SqlValue>>;

/**
 * A driver's row as a {@link Row}.
 *
 * @throws Error when it holds something we never store (a blob, an integer over 2^53)
 */
export function checkRow(raw: unknown): Row {
  if (typeof raw !== 'object' || raw === null) throw new Error(`row of a database: found ${typeof raw}`);
  const row: Record<string, SqlValue> = {};
  for (const [column, value] of Object.entries(raw) as [string, unknown][]) {
    if (value !== null && typeof value !== 'string' && typeof value !== 'number') {
      throw new Error(`column ${column}: found ${typeof value}, wanted text, a number or null`);
    }
    row[column] = value;
  }
  return row;
}

/**
 * The text in a column.
 *
 * @throws Error when it holds anything else
 */
export function textOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw wrong(column, value, 'text');
  return value;
}

/**
 * The whole number in a column.
 *
 * @throws Error when it holds anything else
 */
export function integerOf(row: Row, column: string): number {
  const value = row[column];
  if (!Number.isSafeInteger(value) || typeof value !== 'number') throw wrong(column, value, 'a whole number');
  return value;
}

/**
 * The text in a column that holds one of a few words.
 *
 * @throws Error when it holds anything else
 */
export function wordOf<const Word extends string>(row: Row, column: string, words: readonly Word[]): Word {
  const value = row[column];
  const word = words.find((known) => known === value);
  if (word === undefined) throw wrong(column, value, `one of ${words.join(', ')}`);
  return word;
}

function wrong(column: string, value: SqlValue | undefined, wanted: string): Error {
  return new Error(`column ${column}: found ${JSON.stringify(value) ?? 'nothing'}, wanted ${wanted}`);
}

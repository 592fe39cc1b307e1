/**
 * The names in a directory, one after the other, so that a directory of any size is looked at in a fixed space.
 *
 * A name is bytes and need not be text. It is read as Latin-1, one character a byte, so that no name is changed by
 * reading it; {@link pathOf} turns it back into a path. Names of ours are ASCII.
 */
import { opendirSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../base/errors.ts';

/** Names that one system call brings. */
const AT_ONCE = 256;

/** A path as the system knows it; a Buffer where its bytes are no UTF-8 text. */
export type NamePath = string | Buffer;

/** The names in a directory; none when it is not there (a bucket that was just emptied). @throws the system's error */
export function* eachName(directory: string): Generator<string, void> {
  let handle: ReturnType<typeof opendirSync>;
  try {
    handle = opendirSync(directory, { bufferSize: AT_ONCE, encoding: 'latin1' });
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    // Node leaves the path out of this one.
    if (error instanceof Error) error.message += ` '${directory}'`;
    throw error;
  }
  try {
    for (let entry = handle.readSync(); entry !== null; entry = handle.readSync()) yield entry.name;
  } finally {
    handle.closeSync();
  }
}

/** All names in a directory that holds few by its nature. @throws the system's error */
export function namesIn(directory: string): string[] {
  return [...eachName(directory)];
}

/** The path of a name that {@link eachName} gave. */
export function pathOf(directory: string, name: string): NamePath {
  if (!/[\u0080-\u00ff]/.test(name)) return join(directory, name);
  return Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(name, 'latin1')]);
}

/** Longest {@link plainName}: leaves room for what is put behind a name (`.reason`, a number). */
const PLAIN_LENGTH = 200;

/** A name as a person can read and type it: each byte outside the printable ASCII characters is `%XX`. */
export function typeable(name: string): string {
  return name.replace(
    /[^!-~]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** A {@link typeable} name for a file, cut when it is very long. */
export function plainName(name: string): string {
  return typeable(name).slice(0, PLAIN_LENGTH);
}

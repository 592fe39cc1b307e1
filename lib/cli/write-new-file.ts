/** Writes a configuration file that must not be there yet. */
import { existsSync } from 'node:fs';
import { writeFileDurably } from '../base/durable.ts';
import { ExpectedError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';

/** Writes the file, mode 0644. @throws ExpectedError (EX_USAGE) when it is there; the system's error otherwise */
export function writeNewFile(file: string, text: string): void {
  if (existsSync(file)) throw new ExpectedError(EX.USAGE, `${file} is there already; it was left as it is`);
  writeFileDurably(file, text, 0o644);
}

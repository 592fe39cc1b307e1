/** Writes and removes the files of units; each one atomically and durably. Never touches a drop-in. */
import { mkdirSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeFileDurably } from '../base/durable.ts';
import { ExpectedError, errorCode, errorText, TemporaryError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import type { Compared } from './compare.ts';

const MODE = 0o644;

/**
 * Says no when a file stands in the way that somebody else wrote or changed.
 * @throws ExpectedError (EX_USAGE) naming all of them
 */
export function refuseForeign(compared: readonly Compared[], force: boolean): void {
  const inTheWay = compared.filter(({ byHand, wanted }) => byHand && wanted !== null);
  if (force || inTheWay.length === 0) return;
  const told = inTheWay.map(({ path, state }) => {
    return `${path} (${state === 'foreign' ? 'not written by qrunner' : 'changed by hand'})`;
  });
  throw new ExpectedError(
    EX.USAGE,
    `nothing was written: ${told.join(', ')}. Move what is yours into a drop-in (systemctl edit UNIT), then say --force`,
  );
}

/** Makes the directory and writes the file. @throws TemporaryError */
export function writeUnitFile(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileDurably(path, text, MODE);
  } catch (error) {
    if (errorCode(error) === null) throw error;
    const hint = errorCode(error) === 'EACCES' ? '. Run it as root, or with --user' : '';
    throw new TemporaryError(`cannot write ${path}: ${errorText(error)}${hint}`, { cause: error });
  }
}

/** Removes a file; one that is gone already is no trouble. @throws TemporaryError */
export function removeUnitFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errorCode(error) === null) throw error;
    if (errorCode(error) === 'ENOENT') return;
    throw new TemporaryError(`cannot remove ${path}: ${errorText(error)}`, { cause: error });
  }
}

/**
 * Writes what is missing or differs and removes what is stale, unless that was changed by hand and `force` is not said.
 * Returns a sentence for each file.
 */
export function applyFiles(compared: readonly Compared[], force: boolean): string[] {
  const did: string[] = [];
  for (const { path, wanted, found, byHand } of compared) {
    if (wanted === found) continue;
    if (wanted !== null) {
      writeUnitFile(path, wanted);
      did.push(`${found === null ? 'wrote' : 'changed'} ${path}`);
    } else if (byHand && !force) {
      did.push(`kept ${path}, which was changed by hand: --force removes it`);
    } else {
      removeUnitFile(path);
      did.push(`removed ${path}`);
    }
  }
  return did;
}

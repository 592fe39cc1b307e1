/**
 * Checks of the files that the configuration names: password files, commands, modules. The answer holds for
 * the user that asks, now; whoever uses the file later must be ready to find it gone.
 */
import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { errorCode, errorText } from '../base/errors.ts';
import { type Objection, show } from './problem.ts';

/** A path as a word of a shell command. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The objection against a file that is not there, is no file, or denies `mode`; else its status. */
function regularFile(file: string, mode: number, denied: (file: string) => Objection): Stats | Objection {
  try {
    const stats = statSync(file);
    if (!stats.isFile()) return { message: `found ${show(file)}, wanted a file`, fix: 'name a file' };
    accessSync(file, mode);
    return stats;
  } catch (error) {
    if (errorCode(error) === 'EACCES') return denied(file);
    if (errorCode(error) !== 'ENOENT')
      return { message: `found ${show(file)}: ${errorText(error)}`, fix: 'name a file' };
    return {
      message: `found ${show(file)}, which does not exist`,
      fix: 'create the file, or name another one',
    };
  }
}

/** What keeps `file` from being read, or `null`. */
export function readableMistake(file: string): Objection | null {
  const stats = regularFile(file, constants.R_OK, () => ({
    message: `found ${show(file)}, which this user may not read`,
    fix: 'give the user that runs qrunner the right to read it, or check as that user',
  }));
  return 'message' in stats ? stats : null;
}

/** What keeps `file` from being started, or `null`. */
export function executableMistake(file: string): Objection | null {
  const stats = regularFile(file, constants.X_OK, () => ({
    message: `found ${show(file)}, which this user may not execute`,
    fix: `chmod +x ${shellWord(file)}`,
  }));
  return 'message' in stats ? stats : null;
}

/** What keeps `file` from holding a password: like {@link readableMistake}, and others must not see it. */
export function passwordFileMistake(file: string): Objection | null {
  const stats = regularFile(file, constants.R_OK, () => ({
    message: `found ${show(file)}, which this user may not read`,
    fix: `chown it to the user that runs qrunner, then: chmod 600 ${shellWord(file)}`,
  }));
  if ('message' in stats) return stats;
  if ((stats.mode & 0o007) === 0) return null;
  const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
  return {
    message: `found ${show(file)} with mode ${mode}, wanted nothing allowed to others`,
    fix: `chmod o-rwx ${shellWord(file)}`,
  };
}

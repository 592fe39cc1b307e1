/**
 * Values as systemd reads them: specifiers (`%`), quotes, and the `$` of command lines; systemd.unit(5), systemd.syntax(7)
 * and systemd.service(5).
 *
 * Promises: what comes out of systemd is what went in, for every path without control characters.
 * Fails: a path that no unit file can hold is refused, never changed.
 */
import { ExpectedError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';

/**
 * A value that takes the rest of its line: only `%` means something.
 * @throws ExpectedError (EX_CONFIG) for control characters, blanks at the ends and a backslash at the end of the line
 */
export function literal(text: string): string {
  if (/\p{Cc}/u.test(text) || text.trim() !== text || text.endsWith('\\')) {
    throw new ExpectedError(
      EX.CONFIG,
      `cannot write ${JSON.stringify(text)} into a unit file: wanted no control characters, no blank at either end and no "\\" at the end; use another path`,
    );
  }
  return text.replaceAll('%', '%%');
}

/** One word of a list of words: quoted when it must be. @throws ExpectedError (EX_CONFIG) for control characters */
export function word(text: string): string {
  const plain = literal(`"${text}"`).slice(1, -1);
  return /^[\w@%+=:,./-]+$/.test(plain) ? plain : `"${plain.replace(/["\\]/g, '\\$&')}"`;
}

/** One word of a command line, behind the program. @throws ExpectedError (EX_CONFIG) for control characters */
export function argument(text: string): string {
  return word(text).replaceAll('$', '$$$$');
}

/** A command line. No variable is put into the first word, so its `$` stays single. @throws ExpectedError (EX_CONFIG) */
export function commandLine([program = '', ...rest]: readonly string[]): string {
  return [word(program), ...rest.map(argument)].join(' ');
}

/** Passwords: kept in a file of their own, never in the configuration and never in a message of ours. */
import { readFile } from 'node:fs/promises';
import { errorText, TemporaryError } from '../base/errors.ts';

/**
 * The password in `path`, without one newline at its end.
 *
 * @throws TemporaryError naming the file when it cannot be read, is empty or holds more than one line: that is
 *   for the person who runs the site to mend, and mail waits for it
 */
export async function readPassword(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new TemporaryError(`cannot read the password file ${path}: ${errorText(error)}`, { cause: error });
  }
  const password = text.replace(/\r?\n$/, '');
  if (password === '') throw new TemporaryError(`the password file ${path} is empty`);
  if (/[\r\n\0]/.test(password)) {
    throw new TemporaryError(`the password file ${path} holds more than one line, wanted the password alone`);
  }
  return password;
}

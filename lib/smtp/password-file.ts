/** Passwords: kept in a file of their own, never in the configuration and never in a message of ours. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText, TemporaryError } from '../base/errors.ts';
import { credentialName } from '../config/credential-name.ts';

/**
 * The password in the file `place`, or in the credential of a `credential:NAME` (systemd.exec(5), LoadCredential=),
 * without one newline at its end.
 *
 * @throws TemporaryError naming the file when it cannot be read, is empty or holds more than one line: that is
 *   for the person who runs the site to mend, and mail waits for it
 */
export async function readPassword(
  place: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string> {
  const path = pathOf(place, env);
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

function pathOf(place: string, env: Readonly<Record<string, string | undefined>>): string {
  const name = credentialName(place);
  if (name === null) return place;
  if (env.CREDENTIALS_DIRECTORY) return join(env.CREDENTIALS_DIRECTORY, name);
  throw new TemporaryError(
    `cannot read the password ${place}: only a service that systemd hands it to has it. Start the run as a service (systemctl start qrunner.service), or name a file as password_file`,
  );
}

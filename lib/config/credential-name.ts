/** `credential:NAME`: a password that systemd hands to a service, in the place of a file's path. Loads no package. */

/** What stands before the name. */
export const CREDENTIAL = 'credential:';

/** What a name may be: a file name that systemd.exec(5) takes without quotes. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;

/** The name in `credential:NAME`, or `null` for the path of a file and for a name that cannot be. */
export function credentialName(passwordFile: string): string | null {
  if (!passwordFile.startsWith(CREDENTIAL)) return null;
  const name = passwordFile.slice(CREDENTIAL.length);
  return NAME.test(name) ? name : null;
}

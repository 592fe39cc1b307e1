/**
 * Logging in (RFC 4954): PLAIN, LOGIN, or CRAM-MD5 where the server has neither.
 *
 * Promises: neither the password nor what is made from it gets into words for people, not even when the server repeats it.
 * Fails: throws an Error with the reason.
 */
import type { SmtpExtensions } from './smtp-extensions.ts';
import { oneLineReply } from './smtp-reply.ts';

/** Sends a line and gives the reply. `shown` is the line for people, `hide` what is taken out of the reply for them. */
export type AskSecretly = (line: string, shown: string, hide: readonly string[]) => Promise<string>;

/** What stands where a secret was. */
const HIDDEN = '<hidden>';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Takes secrets out of a text. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => (secret === '' ? rest : rest.replaceAll(secret, HIDDEN)), text);
}

/**
 * Logs in by what the server offers.
 *
 * @throws Error when it offers nothing we know, or refuses
 */
export async function logIn(
  ask: AskSecretly,
  extensions: SmtpExtensions,
  user: string,
  password: string,
): Promise<void> {
  if (!extensions.has('AUTH')) throw new Error('the server offers no AUTH');
  const mechanisms = extensions.parameters('AUTH');
  const plain = base64(`\0${user}\0${password}`);
  const hide = [plain, base64(password), password];
  const secretly = (line: string, shown: string): Promise<string> => ask(line, shown, hide);
  const challenged = async (line: string): Promise<string> => {
    const reply = await secretly(line, line);
    if (!reply.startsWith('334')) throw new Error(oneLineReply(hideSecrets(reply, hide)));
    return reply;
  };

  let reply: string;
  if (mechanisms.includes('PLAIN')) {
    reply = await secretly(`AUTH PLAIN ${plain}`, `AUTH PLAIN ${HIDDEN}`);
    // Some want to be asked first.
    if (reply.startsWith('334')) reply = await secretly(plain, HIDDEN);
  } else if (mechanisms.includes('LOGIN')) {
    await challenged('AUTH LOGIN');
    reply = await secretly(base64(user), base64(user));
    if (reply.startsWith('334')) reply = await secretly(base64(password), HIDDEN);
  } else if (mechanisms.includes('CRAM-MD5')) {
    const challenge = await challenged('AUTH CRAM-MD5');
    const { createHmac } = await import('node:crypto');
    const nonce = Buffer.from(challenge.slice(4).trim(), 'base64');
    const digest = createHmac('md5', password).update(nonce).digest('hex');
    reply = await secretly(base64(`${user} ${digest}`), HIDDEN);
  } else {
    throw new Error(`the server offers only AUTH ${mechanisms.join(' ')}, wanted PLAIN, LOGIN or CRAM-MD5`);
  }
  if (!reply.startsWith('235')) throw new Error(oneLineReply(hideSecrets(reply, hide)));
}

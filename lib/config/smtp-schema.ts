/** What it takes to reach a server: host, login, and the patience for each step. No password goes there unprotected. */
import * as v from 'valibot';
import { isLoopback } from './address.ts';
import { CREDENTIAL, credentialName } from './credential-name.ts';
import { duration, field, filePath, objectionOf, word } from './fields.ts';
import { passwordFileMistake } from './named-files.ts';
import { show } from './problem.ts';
import { isMapping, type Report, section } from './section.ts';
import type { SmtpTimeouts } from './site.ts';

/** Patience for one reply has an end, so that a run has one. */
export const DAY_MS = 86_400_000;

/** A host name or an IP address. */
export function host() {
  return field<string>('a host name or an IP address', (found) => {
    if (typeof found === 'string' && /^[A-Za-z0-9._-]+$|^\[?[0-9A-Fa-f:.]+\]?$/.test(found)) {
      return { value: found.replace(/^\[|\]$/g, '') };
    }
    return { fix: 'write only the host; the port has a key of its own' };
  });
}

/** The schema of `auth`; a relative path counts from `base`. */
export function credentials(base: string) {
  const passwordFile = field<string>('a path, or credential:NAME', (found) => {
    if (typeof found === 'string' && found.startsWith(CREDENTIAL)) {
      // Not looked for: only the service that needs it is given it.
      return credentialName(found) === null
        ? { fix: 'write letters, digits, "-", "_" and dots behind credential:, at most 64' }
        : { value: found };
    }
    const path = v.safeParse(filePath(base), found);
    if (!path.success) return objectionOf(path.issues[0].message);
    return passwordFileMistake(path.output) ?? { value: path.output };
  });
  return v.pipe(
    section(
      { user: word('the name of a user'), password_file: passwordFile },
      { user: 'NAME', password_file: 'FILE' },
    ),
    v.transform(({ user, password_file }) => ({ user, passwordFile: password_file })),
  );
}

/** Tells of `auth` where the password would travel in the clear or to whoever answers; `safe`: values of `tls` that prevent it. */
export function protectPassword(
  values: Readonly<Record<string, unknown>>,
  safe: readonly string[],
  report: Report,
): void {
  const { auth, tls, socket } = values;
  const name = values.host;
  if (!isMapping(auth) || typeof socket === 'string') return;
  if (typeof name !== 'string' || isLoopback(name)) return;
  if (tls !== undefined && (typeof tls !== 'string' || safe.includes(tls))) return;
  report('tls', 'value', {
    message: `found ${show(tls)} together with auth, wanted ${safe.join(' or ')}: the password would not be safe`,
    fix: `write tls: ${safe[0] ?? ''}`,
  });
}

/**
 * The schema of `timeouts`. The defaults are those of RFC 5321 section 4.5.3.2, except that a connection is waited for
 * less long than the kernel would: a host that does not answer in 30 seconds is tried again later anyway.
 */
export function timeouts() {
  return v.pipe(
    section({
      connect: v.optional(duration(DAY_MS), '30s'),
      greeting: v.optional(duration(DAY_MS), '5m'),
      hello: v.optional(duration(DAY_MS), '5m'),
      mail: v.optional(duration(DAY_MS), '5m'),
      rcpt: v.optional(duration(DAY_MS), '5m'),
      data: v.optional(duration(DAY_MS), '2m'),
      block: v.optional(duration(DAY_MS), '3m'),
      final: v.optional(duration(DAY_MS), '10m'),
      quit: v.optional(duration(DAY_MS), '2s'),
    }),
    v.transform(
      (raw): SmtpTimeouts => ({
        connectMs: raw.connect,
        greetingMs: raw.greeting,
        helloMs: raw.hello,
        mailMs: raw.mail,
        rcptMs: raw.rcpt,
        dataMs: raw.data,
        blockMs: raw.block,
        finalMs: raw.final,
        quitMs: raw.quit,
      }),
    ),
  );
}

/**
 * The sections `transport` and `news`: where mail goes, and that no password goes there unprotected.
 *
 * Defaults that depend on other keys: `port` is 24 for lmtp, else 465 with `tls: implicit`, 587 with `auth`,
 * 25 without; `tls` is opportunistic for smtp and never for lmtp. For news `port` is 563 or 119.
 */
import * as v from 'valibot';
import { isLoopback } from './address.ts';
import { CREDENTIAL, credentialName } from './credential-name.ts';
import { duration, field, filePath, objectionOf, oneOf, whole, word } from './fields.ts';
import { passwordFileMistake } from './named-files.ts';
import { show } from './problem.ts';
import { isMapping, type Report, section, together } from './section.ts';
import type { NewsSettings, TransportSettings } from './site.ts';

/** Patience for one reply has an end, so that a run has one. */
const DAY_MS = 86_400_000;

/** A host name or an IP address. */
function host() {
  return field<string>('a host name or an IP address', (found) => {
    if (typeof found === 'string' && /^[A-Za-z0-9._-]+$|^\[?[0-9A-Fa-f:.]+\]?$/.test(found)) {
      return { value: found.replace(/^\[|\]$/g, '') };
    }
    return { fix: 'write only the host; the port has a key of its own' };
  });
}

/** The schema of `auth`. */
function credentials(base: string) {
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

/** Tells of `auth` where the password would travel in the clear or to whoever answers. */
function protectPassword(
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

const TLS = ['never', 'opportunistic', 'required', 'implicit'] as const;

/** The schema of `transport`; relative paths count from `base`. A `path` that is not given is `null`. */
export function transportSchema(base: string) {
  const keys = {
    type: oneOf(['maildir', 'smtp', 'lmtp']),
    path: v.optional(filePath(base)),
    host: v.optional(host()),
    port: v.optional(whole(1, 65_535)),
    socket: v.optional(filePath(base)),
    tls: v.optional(oneOf(TLS)),
    auth: v.optional(credentials(base)),
    timeout: v.optional(duration(DAY_MS), '5m'),
  };
  return v.pipe(
    section(keys, { type: 'maildir' }),
    together((values, report) => {
      const type = values.type;
      const foreign =
        type === 'maildir'
          ? ['host', 'port', 'socket', 'tls', 'auth']
          : type === 'smtp' || type === 'lmtp'
            ? ['path']
            : [];
      for (const key of foreign.filter((name) => values[name] !== undefined)) {
        report(key, 'key', {
          message: `found the key ${show(key)}, which does not go with type ${String(type)}`,
          fix: type === 'maildir' ? 'remove it, or write type: smtp' : 'remove it, or write type: maildir',
        });
      }
      if (foreign.length !== 1) return;
      for (const key of ['host', 'port'].filter(
        (name) => values[name] !== undefined && values.socket !== undefined,
      )) {
        const message = `found the key ${show(key)} together with socket, wanted only one of them`;
        report(key, 'key', { message, fix: 'remove one of the two' });
      }
      protectPassword(values, ['required', 'implicit'], report);
    }),
    v.transform(({ type, path, host, port, socket, tls, auth, timeout }): TransportDraft => {
      if (type === 'maildir') return { type, path: path ?? null };
      const chosen = tls ?? (type === 'smtp' ? 'opportunistic' : 'never');
      const standard = type === 'lmtp' ? 24 : chosen === 'implicit' ? 465 : auth ? 587 : 25;
      return {
        type,
        host: host ?? 'localhost',
        port: port ?? standard,
        socket: socket ?? null,
        tls: chosen,
        auth: auth ?? null,
        timeoutMs: timeout,
      };
    }),
  );
}

/** A transport whose Maildirs may still lie where the state directory says. */
export type TransportDraft =
  | Exclude<TransportSettings, { type: 'maildir' }>
  | { readonly type: 'maildir'; readonly path: string | null };

/** The schema of `news`. */
export function newsSchema(base: string) {
  const keys = {
    host: host(),
    port: v.optional(whole(1, 65_535)),
    tls: v.optional(oneOf(['never', 'implicit'])),
    auth: v.optional(credentials(base)),
    timeout: v.optional(duration(DAY_MS), '1m'),
  };
  return v.pipe(
    section(keys, { host: 'news.example.org' }),
    together((values, report) => protectPassword(values, ['implicit'], report)),
    v.transform(({ host, port, tls = 'never', auth, timeout }): NewsSettings => {
      const standard = tls === 'implicit' ? 563 : 119;
      return { host, port: port ?? standard, tls, auth: auth ?? null, timeoutMs: timeout };
    }),
  );
}

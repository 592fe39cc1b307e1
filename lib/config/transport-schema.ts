/**
 * The section `transport`, and each value of `routes`: where mail goes, and how much of it at once.
 *
 * Defaults that depend on other keys: `port` is 24 for lmtp, else 465 with `tls: implicit`, 587 with `auth`,
 * 25 without; `tls` is never for lmtp and opportunistic for the others.
 */
import * as v from 'valibot';
import { command } from './command-field.ts';
import { duration, field, filePath, flag, oneOf, size, whole } from './fields.ts';
import { nameServer } from './name-server.ts';
import { executableMistake } from './named-files.ts';
import { show } from './problem.ts';
import { schedule } from './schedule-schema.ts';
import { section, together } from './section.ts';
import type { TransportSettings } from './site.ts';
import { credentials, DAY_MS, host, protectPassword, timeouts } from './smtp-schema.ts';

const TLS = ['never', 'opportunistic', 'required', 'implicit'] as const;

const DESTINATION = ['connections', 'recipients', 'message_size', 'schedule'];
const RELAY = ['tls', 'timeouts', 'dsn', ...DESTINATION];
const SERVER = ['host', 'port', 'socket', 'auth', ...RELAY];

/** The keys of each type, the likeliest type first. */
const KEYS_OF = new Map([
  ['smtp', SERVER],
  ['lmtp', SERVER],
  ['mx', ['port', 'family', 'dns', ...RELAY]],
  ['sendmail', ['command', 'timeout', ...DESTINATION]],
  ['maildir', ['path']],
]);

/** Where every mail server puts its sendmail. */
const SENDMAIL = '/usr/sbin/sendmail';

/** What to do about a key that does not go with the type. */
function foreignFix(key: string, type: string): string {
  if (key === 'timeout')
    return 'write timeouts, which has one patience for each step: timeouts: { rcpt: 5m }';
  if (key === 'timeouts' && type === 'sendmail') return 'write timeout: 5m, the time for the whole command';
  const other = [...KEYS_OF].find(([, keys]) => keys.includes(key))?.[0];
  return `remove it, or write type: ${other ?? 'smtp'}`;
}

/** The name servers: none, or some. */
function dns() {
  return v.pipe(
    field<unknown[]>('a sequence of addresses such as [192.0.2.53]', (found) => {
      return Array.isArray(found) ? { value: found } : { fix: `write [${String(found)}]` };
    }),
    v.array(nameServer()),
  );
}

/** The schema of a transport; relative paths count from `base`. */
export function transportSchema(base: string) {
  const keys = {
    type: oneOf(['maildir', 'smtp', 'lmtp', 'mx', 'sendmail']),
    path: v.optional(filePath(base)),
    host: v.optional(host()),
    port: v.optional(whole(1, 65_535)),
    socket: v.optional(filePath(base)),
    tls: v.optional(oneOf(TLS)),
    auth: v.optional(credentials(base)),
    timeouts: v.nullish(timeouts()),
    connections: v.optional(whole(1, 100)),
    recipients: v.optional(whole(1, 1_000)),
    message_size: v.optional(size()),
    dsn: v.optional(flag()),
    schedule: v.optional(schedule()),
    family: v.optional(oneOf(['both', 'ipv4', 'ipv6'])),
    dns: v.optional(dns()),
    command: v.optional(command(base)),
    timeout: v.optional(duration(DAY_MS)),
  };
  return v.pipe(
    section(keys, { type: 'maildir' }),
    together((values, report) => {
      const type = typeof values.type === 'string' ? values.type : '';
      const own = KEYS_OF.get(type);
      if (own === undefined) return;
      for (const key of Object.keys(keys)) {
        if (key === 'type' || values[key] === undefined || own.includes(key)) continue;
        report(key, 'key', {
          message: `found the key ${show(key)}, which does not go with type ${type}`,
          fix: foreignFix(key, type),
        });
      }
      if (type === 'mx' && values.tls === 'implicit') {
        const message =
          'found "implicit", wanted one of never, opportunistic, required: between mail servers TLS';
        report('tls', 'value', { message: `${message} begins with STARTTLS`, fix: 'write required' });
      }
      if (type === 'sendmail' && values.command === undefined) {
        const mistake = executableMistake(SENDMAIL);
        if (mistake) report('command', 'value', { ...mistake, fix: 'add command: [PATH/sendmail]' });
      }
      if (type !== 'smtp' && type !== 'lmtp') return;
      for (const key of ['host', 'port'].filter(
        (name) => values[name] !== undefined && values.socket !== undefined,
      )) {
        const message = `found the key ${show(key)} together with socket, wanted only one of them`;
        report(key, 'key', { message, fix: 'remove one of the two' });
      }
      protectPassword(values, ['required', 'implicit'], report);
    }),
    v.transform((raw): TransportDraft => {
      const { type, tls, auth = null } = raw;
      if (type === 'maildir') return { type, path: raw.path ?? null };
      const destination = {
        connections: raw.connections ?? 4,
        recipients: raw.recipients ?? null,
        messageSize: raw.message_size ?? null,
        schedule: raw.schedule ?? null,
      };
      if (type === 'sendmail') {
        const { command = [SENDMAIL], timeout = 300_000 } = raw;
        return { type, command, timeoutMs: timeout, ...destination };
      }
      const chosen = tls ?? (type === 'lmtp' ? 'never' : 'opportunistic');
      const relay = {
        tls: chosen,
        auth,
        timeouts: raw.timeouts ?? v.parse(timeouts(), {}),
        dsn: raw.dsn ?? true,
        ...destination,
      };
      if (type === 'mx') {
        return { type, port: raw.port ?? 25, family: raw.family ?? 'both', dns: raw.dns ?? [], ...relay };
      }
      const standard = type === 'lmtp' ? 24 : chosen === 'implicit' ? 465 : auth ? 587 : 25;
      const { host = 'localhost', port = standard, socket = null } = raw;
      return { type, host, port, socket, ...relay };
    }),
  );
}

/** A transport that leaves to the site what only the site knows. */
type Draft<T> = T extends { readonly recipients: number }
  ? Omit<T, 'recipients'> & { readonly recipients: number | null }
  : T extends { readonly path: string }
    ? Omit<T, 'path'> & { readonly path: string | null }
    : never;

/** A transport as it is written: `null` where the site has the answer. */
export type TransportDraft = Draft<TransportSettings>;

/** The transport with the site's Maildirs and its limit of recipients where it names none of its own. */
export function settleTransport(
  draft: TransportDraft,
  site: { readonly maildir: string; readonly recipients: number },
): TransportSettings {
  if (draft.type === 'maildir') return { ...draft, path: draft.path ?? site.maildir };
  return { ...draft, recipients: draft.recipients ?? site.recipients };
}

/** The schema of qrunner.yaml: its keys, their defaults, and what they become. */
import path from 'node:path';
import * as v from 'valibot';
import { formatDuration } from '../base/duration.ts';
import { siteBouncesSchema } from './bounce-schema.ts';
import { address, domain, duration, filePath, size, whole } from './fields.ts';
import { queuesSchema } from './queue-schema.ts';
import { section, together } from './section.ts';
import { DEFAULT_SPOOL, DEFAULT_STATE, type Site } from './site.ts';
import { systemdSchema } from './systemd-schema.ts';
import { newsSchema, transportSchema } from './transport-schema.ts';

/** Sizes and counts. */
function limits() {
  return v.pipe(
    section({
      message_size: v.optional(size(), '50MB'),
      recipients: v.optional(whole(1, 1_000), 100),
      failures: v.optional(whole(1, 100), 12),
    }),
    v.transform(({ message_size, recipients, failures }) => ({
      messageSize: message_size,
      recipients,
      failures,
    })),
  );
}

/** When delivery is tried again. */
function retry() {
  return v.pipe(
    section({
      first: v.optional(duration(), '5m'),
      max: v.optional(duration(), '4h'),
      give_up: v.optional(duration(), '5d'),
    }),
    together(({ first, max, give_up }, report, sound) => {
      // A wrong value is still what the file says: a number may not be one of milliseconds.
      if (!sound) return;
      for (const [key, value] of Object.entries({ max, give_up })) {
        if (typeof first !== 'number' || typeof value !== 'number' || value >= first) continue;
        const least = formatDuration(first);
        const message = `found ${formatDuration(value)}, wanted at least the first delay, ${least}`;
        report(key, 'value', {
          message,
          fix: `write ${least.replaceAll(' ', '')} or more, or a smaller first`,
        });
      }
    }),
    v.transform(({ first, max, give_up }) => ({ firstMs: first, maxMs: max, giveUpMs: give_up })),
  );
}

/** How long entries are kept that nobody sees to. */
function retention() {
  return v.pipe(
    section({ shunt: v.optional(duration()), bad: v.optional(duration()), held: v.optional(duration()) }),
    v.transform(({ shunt, bad, held }) => ({ shunt: shunt ?? null, bad: bad ?? null, held: held ?? null })),
  );
}

/** The schema of the site's file; relative paths count from its directory. `file` is absolute. */
export function siteSchema(file: string) {
  const base = path.dirname(file);
  const keys = {
    domain: domain(),
    owner: address(),
    spool: v.optional(filePath(base), DEFAULT_SPOOL),
    state: v.optional(filePath(base), DEFAULT_STATE),
    lists: v.optional(filePath(base), 'lists'),
    archive: v.optional(filePath(base)),
    transport: v.nullish(transportSchema(base), { type: 'maildir' }),
    news: v.nullish(newsSchema(base)),
    limits: v.nullish(limits(), {}),
    retry: v.nullish(retry(), {}),
    bounces: v.nullish(siteBouncesSchema(), {}),
    retention: v.nullish(retention(), {}),
    queues: v.nullish(queuesSchema(base), {}),
    systemd: v.nullish(systemdSchema(base), {}),
  };
  return v.pipe(
    section(keys, { domain: 'lists.example.org', owner: 'ada@example.org' }),
    v.transform((raw): Site => {
      const {
        domain,
        owner,
        spool,
        state,
        lists,
        transport,
        limits,
        retry,
        bounces,
        retention,
        queues,
        systemd,
      } = raw;
      return {
        file,
        domain,
        owner,
        spool,
        state,
        lists,
        archive: raw.archive ?? path.join(state, 'archive'),
        transport:
          transport.type === 'maildir'
            ? { type: 'maildir', path: transport.path ?? path.join(state, 'maildir') }
            : transport,
        news: raw.news ?? null,
        limits,
        retry,
        bounces,
        retention,
        queues,
        systemd,
      };
    }),
  );
}

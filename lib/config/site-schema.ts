/** The schema of qrunner.yaml: its keys, their defaults, and what they become. */
import path from 'node:path';
import * as v from 'valibot';
import { siteBouncesSchema } from './bounce-schema.ts';
import { address, domain, duration, filePath, size, whole } from './fields.ts';
import { newsSchema } from './news-schema.ts';
import { queuesSchema } from './queue-schema.ts';
import { retrySchema } from './retry-schema.ts';
import { routesSchema } from './routes-schema.ts';
import { section } from './section.ts';
import { DEFAULT_SPOOL, DEFAULT_STATE, type Site } from './site.ts';
import { systemdSchema } from './systemd-schema.ts';
import { settleTransport, transportSchema } from './transport-schema.ts';

/** Sizes and counts. */
function limits() {
  return v.pipe(
    section({
      message_size: v.optional(size(), '50MB'),
      recipients: v.optional(whole(1, 1_000), 100),
      connections: v.optional(whole(1, 1_000), 20),
      failures: v.optional(whole(1, 100), 12),
    }),
    v.transform(({ message_size, recipients, connections, failures }) => ({
      messageSize: message_size,
      recipients,
      connections,
      failures,
    })),
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
    routes: v.nullish(routesSchema(base), {}),
    news: v.nullish(newsSchema(base)),
    limits: v.nullish(limits(), {}),
    retry: v.nullish(retrySchema(null), {}),
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
        routes,
        limits,
        retry,
        bounces,
        retention,
        queues,
        systemd,
      } = raw;
      const ours = { maildir: path.join(state, 'maildir'), recipients: limits.recipients };
      return {
        file,
        domain,
        owner,
        spool,
        state,
        lists,
        archive: raw.archive ?? path.join(state, 'archive'),
        transport: settleTransport(transport, ours),
        routes: Object.fromEntries(
          Object.entries(routes).map(([domain, draft]) => [domain, settleTransport(draft, ours)]),
        ),
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

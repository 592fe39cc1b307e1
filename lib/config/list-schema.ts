/** The schema of a list's file: its keys, their defaults, and what they become. */
import * as v from 'valibot';
import { listBouncesSchema } from './bounce-schema.ts';
import type { BounceSettings } from './bounce-settings.ts';
import { address, field, flag, oneOf, schemaMessage, size, text, webAddress } from './fields.ts';
import { nearest } from './nearest.ts';
import { show } from './problem.ts';
import { retrySchema } from './retry-schema.ts';
import { isMapping, section } from './section.ts';
import { type ListSettings, POSTING_ACTIONS, type RetrySettings, type Verp } from './site.ts';

/** What a list's file is judged by. */
export type ListContext = {
  /** Absolute path of the list's file. */
  readonly file: string;
  readonly name: string;
  readonly domain: string;
  /** The site's limit, bytes. */
  readonly messageSize: number;
  /** The site's. */
  readonly retry: RetrySettings;
  /** The site's rules for bounces. */
  readonly bounces: BounceSettings;
  /** Names of the user's own queues. */
  readonly queues: readonly string[];
  /** Whether the site has a news server. */
  readonly news: boolean;
};

/** The owners: at least one, each once. */
function owners() {
  return v.pipe(
    field<unknown[]>('a sequence of at least one address', (found) => {
      if (Array.isArray(found) && found.length > 0) return { value: found };
      return { fix: `write [${typeof found === 'string' ? found : 'ada@example.org'}]` };
    }),
    v.array(address()),
    v.transform((addresses) => [...new Set(addresses)]),
  );
}

/** Names of queues that exist. */
function copyTo(queues: readonly string[]) {
  const known = queues.length > 0 ? queues.join(', ') : 'none: qrunner.yaml has no queues';
  return v.pipe(
    field<unknown[]>('a sequence of names of queues', (found) => {
      return Array.isArray(found) ? { value: found } : { fix: `write [${String(found)}]` };
    }),
    v.array(
      field<string>(`a queue that is in queues of qrunner.yaml (${known})`, (found) => {
        if (typeof found === 'string' && queues.includes(found)) return { value: found };
        const meant = typeof found === 'string' ? nearest(found, queues) : null;
        return {
          fix: meant === null ? 'add the queue to qrunner.yaml, or remove the name here' : `write ${meant}`,
        };
      }),
    ),
    v.transform((names) => [...new Set(names)]),
  );
}

/** The name of a newsgroup, RFC 5536, 3.1.4. */
function newsgroup(news: boolean) {
  return v.pipe(
    field<string>('the name of a newsgroup such as comp.lang.misc', (found) => {
      if (typeof found === 'string' && /^[\w+-]+(\.[\w+-]+)*$/.test(found)) return { value: found };
      return { fix: 'write words of letters, digits, "+", "-" and "_" with dots between them' };
    }),
    v.check(
      () => news,
      (issue) =>
        schemaMessage({
          message: `found ${show(issue.input)}, but the site has no news server`,
          fix: 'add "news: { host: … }" to qrunner.yaml, or remove this line',
        }),
    ),
  );
}

/** How often members get a sender address of their own. `true` and `false` are other words for always and never. */
function verp() {
  return field<Verp>('never, always, or { every: N }', (found) => {
    if (found === 'never' || found === false) return { value: 'never' };
    if (found === 'always' || found === true) return { value: 'always' };
    const every = isMapping(found) && Object.keys(found).length === 1 ? found.every : undefined;
    if (typeof every === 'number' && Number.isInteger(every) && every >= 1 && every <= 1_000_000)
      return { value: { every } };
    if (typeof found === 'number') return { fix: `write { every: ${found} }` };
    return { fix: 'write never, always, or { every: 10 } for one post in ten' };
  });
}

/** What becomes of posts. */
function posting() {
  return section({
    members: v.optional(oneOf(POSTING_ACTIONS), 'accept'),
    nonmembers: v.optional(oneOf(POSTING_ACTIONS), 'hold'),
  });
}

/** The schema of one list's file. */
export function listSchema({ file, name, domain, messageSize, retry, bounces, queues, news }: ListContext) {
  const keys = {
    description: v.optional(text(), ''),
    owners: owners(),
    subject_prefix: v.optional(text(), `[${name}] `),
    posting: v.nullish(posting(), {}),
    subscribe: v.optional(oneOf(['confirm', 'closed']), 'confirm'),
    roster: v.optional(oneOf(['members', 'owners']), 'members'),
    reply_to: v.optional(oneOf(['author', 'list']), 'author'),
    message_size: v.optional(size()),
    archive: v.optional(flag(), true),
    archive_url: v.optional(webAddress()),
    verp: v.optional(verp(), 'never'),
    retry: v.nullish(retrySchema(retry), {}),
    bounces: v.nullish(listBouncesSchema(bounces), {}),
    newsgroup: v.optional(newsgroup(news)),
    copy_to: v.optional(copyTo(queues), []),
  };
  return v.pipe(
    section(keys, { owners: '[ada@example.org]' }),
    v.transform(
      (raw): ListSettings => ({
        file,
        name,
        domain,
        address: `${name}@${domain}`,
        description: raw.description,
        owners: raw.owners,
        subjectPrefix: raw.subject_prefix,
        posting: { members: raw.posting.members, nonmembers: raw.posting.nonmembers },
        subscribe: raw.subscribe,
        roster: raw.roster,
        replyTo: raw.reply_to,
        messageSize: raw.message_size ?? messageSize,
        archive: raw.archive,
        archiveUrl: raw.archive_url ?? null,
        verp: raw.verp,
        retry: raw.retry,
        bounces: raw.bounces,
        newsgroup: raw.newsgroup ?? null,
        copyTo: raw.copy_to,
      }),
    ),
  );
}

/**
 * Accepted posts to the list's newsgroup. A repeat is refused by the server as a duplicate, since the Message-ID is
 * the same, and that counts as done.
 */
import { backoffMs } from '../base/backoff.ts';
import { unreachable } from '../base/errors.ts';
import { nntpPoster } from '../deliver/nntp.ts';
import { appendFields, exchangeHead, hasField, removeFields } from '../mail/header.ts';
import type { Entry } from '../spool/entry.ts';
import { headerOf } from './header-of.ts';
import type { Runner } from './runner.ts';
import { listOf, type Services } from './services.ts';

/** Fields a news server wants to set itself, or refuses in an injected article (RFC 5536, RFC 5537). */
const NOT_IN_NEWS = [
  'NNTP-Posting-Host',
  'NNTP-Posting-Date',
  'X-Trace',
  'X-Complaints-To',
  'Xref',
  'Date-Received',
  'Posted',
  'Posting-Version',
  'Relay-Version',
  'Injection-Info',
  'Injection-Date',
  'Path',
  'Received',
  'Newsgroups',
  'Approved',
  'Lines',
];

/** Opens the runner of the queue news. */
export function openNewsRunner(services: Services): Runner {
  const { news } = services.configuration.site;
  if (news === null) {
    return {
      run: async () => ({
        kind: 'shunt',
        reason: 'the site has no news server: add `news:` to qrunner.yaml',
      }),
    };
  }
  const poster = nntpPoster(news);
  return {
    concurrency: 1,
    run: async (entry, { clock, signal }) => {
      const { newsgroup, address } = listOf(services, entry);
      if (newsgroup === null)
        return { kind: 'shunt', reason: `the list ${address} has no newsgroup any more` };
      let result = await poster.post(await articleOf(entry, newsgroup, address), signal);
      // A server that does not let this reader approve refuses the field even in groups without a moderator.
      if (result.kind === 'permanent' && /\bapprov/i.test(result.reply)) {
        result = await poster.post(await articleOf(entry, newsgroup, null), signal);
      }
      const { kind, reply } = result;
      switch (kind) {
        case 'posted':
        case 'duplicate':
          return { kind: 'done', outputs: [], note: kind };
        case 'permanent':
          return { kind: 'shunt', reason: `the news server refused it: ${reply}` };
        case 'temporary': {
          // Not a failure of anybody: the next run goes on.
          if (signal.aborted) return { kind: 'defer', until: clock.now(), reason: reply, failed: false };
          const until = clock.now() + backoffMs(entry.failures + 1);
          return { kind: 'defer', until, reason: reply, failed: true };
        }
        default:
          return unreachable(kind);
      }
    },
    close: () => poster.close(),
  };
}

/** The post as an article: Newsgroups added, a Subject if it had none, the path of the mail taken off. */
async function articleOf(entry: Entry, newsgroup: string, approvedBy: string | null): Promise<Buffer> {
  const { header } = await headerOf(entry);
  const message = await entry.read();
  let fields = removeFields(header, NOT_IN_NEWS);
  if (!hasField(fields, 'Subject')) fields = appendFields(fields, [['Subject', '(no subject)']]);
  fields = appendFields(fields, [['Newsgroups', newsgroup]]);
  // Lets the article into a moderated group; elsewhere it has no meaning.
  if (approvedBy !== null) fields = appendFields(fields, [['Approved', approvedBy]]);
  const { head, tailFrom } = exchangeHead(message, fields);
  return Buffer.concat([head, message.subarray(tailFrom)]);
}

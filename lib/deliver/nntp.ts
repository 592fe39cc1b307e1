/**
 * Posting articles to a news server, RFC 3977 section 6.3.1, with the login of RFC 4643.
 *
 * Promises: one connection for all articles of a run, opened by the first and again when it died. An article the
 * server already has is told apart by its words, so that a repeat after a lost answer ends well. A server that
 * cannot be reached or does not let us post costs one attempt per run.
 * Fails: by results. Only the server's refusal of the article itself (441) is permanent; a missing permission to
 * post is a matter between the site and its news server, so it is temporary and says so.
 */
import { errorText, TemporaryError } from '../base/errors.ts';
import type { NewsSettings } from '../config/site.ts';
import { peerName, type TlsTrust } from '../smtp/open-socket.ts';
import { readPassword } from '../smtp/password-file.ts';
import { RUN_IS_ENDING } from '../smtp/transport.ts';
import { inTurn } from './in-turn.ts';
import { articleOnWire } from './nntp-article.ts';
import { type NntpLine, openNntpLine } from './nntp-line.ts';

/** What became of an article. */
export type PostResult = {
  /** `duplicate`: the server has an article with this Message-ID, most likely this one. */
  readonly kind: 'posted' | 'duplicate' | 'temporary' | 'permanent';
  /** The server's words or our own, on one line. */
  readonly reply: string;
};

/** A way to post, opened for one run. */
export type NntpPoster = {
  /** Posts an article. Never throws for what a server or a network may do. */
  readonly post: (article: Buffer, signal?: AbortSignal) => Promise<PostResult>;
  /** QUIT; no handle is left. */
  readonly close: () => Promise<void>;
};

const GOODBYE_MS = 2_000;

/** Connections lost one after another, with no answer to an article between, before the server counts as dead. */
const LOSSES_BEFORE_DEAD = 3;

/**
 * A poster for one server. Posts run one at a time, in order. `trust` is for a server whose certificate the system's
 * authorities do not know.
 */
export function nntpPoster(settings: NewsSettings, trust: TlsTrust = {}): NntpPoster {
  const alone = inTurn();
  const peer = `news server ${peerName(settings)}`;
  let line: NntpLine | null = null;
  let losses = 0;
  /** Why nothing is tried any more. */
  let dead: string | null = null;

  async function attempt(article: Buffer, signal?: AbortSignal): Promise<PostResult> {
    if (dead !== null) return { kind: 'temporary', reply: dead };
    const reused = line?.ready() === true;
    if (!reused) {
      line?.close();
      line = null;
      try {
        line = await openNews(settings, trust, signal);
      } catch (error) {
        if (signal?.aborted) return { kind: 'temporary', reply: RUN_IS_ENDING };
        dead = `${peer}: ${errorText(error)}`;
        return { kind: 'temporary', reply: dead };
      }
    }
    const current = line;
    if (current === null) throw new Error('no connection after opening one');
    const drop = (reply: string): PostResult => {
      current.close();
      return { kind: 'temporary', reply: `${peer}: ${reply}` };
    };
    const lose = (error: unknown): PostResult => {
      const result = drop(errorText(error));
      if (!signal?.aborted && ++losses >= LOSSES_BEFORE_DEAD) dead = `given up for this run: ${result.reply}`;
      return result;
    };
    let invitation: string;
    try {
      invitation = await current.ask('POST', signal);
    } catch (error) {
      if (!reused || signal?.aborted) return lose(error);
      // A server may hang up on an idle connection: that is no answer to this article.
      current.close();
      return attempt(article, signal);
    }
    if (!invitation.startsWith('340')) {
      const result = drop(`does not let us post: ${invitation}`);
      if (invitation.startsWith('400') && reused) return attempt(article, signal);
      // 440, 480, 502 and the like will not change while this run lasts.
      if (/^(?:4[48]|50)\d/.test(invitation)) dead = result.reply;
      return result;
    }
    try {
      await current.write(articleOnWire(article), signal);
      const reply = await current.read(signal);
      losses = 0;
      const kind = judgePosting(reply);
      return kind === 'temporary' ? drop(reply) : { kind, reply };
    } catch (error) {
      return lose(error);
    }
  }

  async function quit(): Promise<void> {
    if (line?.ready()) await line.ask('QUIT', AbortSignal.timeout(GOODBYE_MS)).catch(() => {});
    line?.close();
    line = null;
  }

  return {
    post: (article, signal) =>
      alone(async () =>
        signal?.aborted ? { kind: 'temporary', reply: RUN_IS_ENDING } : attempt(article, signal),
      ),
    close: () => alone(quit),
  };
}

/**
 * What the answer to an article means. Servers pass on what stood behind a 441 (`441 435 Duplicate`), so a code
 * that follows it counts.
 */
export function judgePosting(reply: string): PostResult['kind'] {
  const code = /^(?:441[ -]+(?=[45]\d\d\b))?(\d{3})(?!\d)/.exec(reply)?.[1] ?? '';
  switch (code) {
    case '240':
      return 'posted';
    case '435':
      return 'duplicate';
    case '437':
      return 'permanent';
    case '441':
      // `Duplicate Subject header` is a fault of the article, not a duplicate.
      return /\bduplicate\b|\balready\b/i.test(reply) && !/\bheaders?\b|\bfields?\b/i.test(reply)
        ? 'duplicate'
        : 'permanent';
    default:
      return 'temporary';
  }
}

/** Connects, asks for the reader's mode and logs in. @throws TemporaryError */
async function openNews(settings: NewsSettings, trust: TlsTrust, signal?: AbortSignal): Promise<NntpLine> {
  const { auth } = settings;
  const password = auth ? await readPassword(auth.passwordFile) : '';
  if (auth && /\p{Cc}/u.test(auth.user)) throw new TemporaryError('the user name has a control character');
  const { host, port, timeoutMs, tls } = settings;
  const line = await openNntpLine({ host, port }, timeoutMs, signal, tls === 'implicit' ? trust : undefined);
  const login = async (): Promise<void> => {
    if (!auth) return;
    let reply = await line.ask(`AUTHINFO USER ${auth.user}`, signal);
    if (reply.startsWith('381')) reply = await line.ask(`AUTHINFO PASS ${password}`, signal);
    if (!reply.startsWith('281')) {
      throw new TemporaryError(`cannot log in as ${JSON.stringify(auth.user)}: ${reply}`);
    }
  };
  try {
    let greeting = await line.read(signal);
    if (!/^20[01]/.test(greeting)) throw new TemporaryError(`it does not welcome us: ${greeting}`);
    let mode = await line.ask('MODE READER', signal);
    const loginFirst = mode.startsWith('480');
    if (loginFirst) {
      await login();
      mode = await line.ask('MODE READER', signal);
    }
    if (/^(?:400|480|502)/.test(mode)) throw new TemporaryError(`it does not take readers: ${mode}`);
    if (/^20[01]/.test(mode)) greeting = mode;
    if (!loginFirst) await login();
    // What was said before a login does not hold after it.
    if (greeting.startsWith('201') && !auth) {
      throw new TemporaryError(`it does not allow posting: ${greeting}`);
    }
    return line;
  } catch (error) {
    line.close();
    throw error;
  }
}

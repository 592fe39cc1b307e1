/** Replies of the LMTP receiver: a code, an enhanced status (RFC 3463) and words. Pure. */
import { ExpectedError, errorCode, errorText, TemporaryError } from '../base/errors.ts';

/** One reply. */
export type Reply = {
  /** RFC 5321 section 4.2. */
  readonly code: number;
  /** RFC 3463; `''` where there is none to give (220, 250 to LHLO, 354). */
  readonly status: string;
  readonly text: string;
};

/** Octets of a reply line with its end (RFC 5321 section 4.5.3.1.5). */
const REPLY_LIMIT = 512;

/** What the system says when there is no room: 452 instead of 451. */
const NO_ROOM: ReadonlySet<string | null> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** A reply. */
export function reply(code: number, status: string, text: string): Reply {
  return { code, status, text };
}

/**
 * The lines of a reply, with their ends. A line is cut to 512 octets, and whatever is not printable ASCII becomes `?`:
 * words may quote an address that came from a stranger.
 */
export function formatReply({ code, status, text }: Reply, further: readonly string[] = []): string {
  const texts = [status === '' ? text : `${status} ${text}`, ...further];
  return texts
    .map((line, index) => {
      const plain = line.replace(/[^\x20-\x7e]/g, '?').slice(0, REPLY_LIMIT - 6);
      return `${code}${index === texts.length - 1 ? ' ' : '-'}${plain}\r\n`;
    })
    .join('');
}

/**
 * What a client is told of trouble: never for good. The log has the reason; the client, who may be a stranger, is not told
 * paths of ours.
 */
export function troubleReply(error: unknown): Reply {
  const code = errorCode(error) ?? (error instanceof TemporaryError ? errorCode(error.cause) : null);
  return NO_ROOM.has(code)
    ? reply(452, '4.3.1', 'no room for the message at the moment, try again later')
    : reply(451, '4.3.0', 'trouble here, try again later');
}

/** Words of an error for the log. */
export function troubleText(error: unknown): string {
  return error instanceof ExpectedError || !(error instanceof Error)
    ? errorText(error)
    : `${error.name}: ${errorText(error)}`;
}

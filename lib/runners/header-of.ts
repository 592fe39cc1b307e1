/** The beginning of an entry's message with its header section. */
import { ExpectedError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import { splitHead } from '../mail/head.ts';
import { type Header, parseHeader } from '../mail/header.ts';
import type { Entry } from '../spool/entry.ts';

/** Header sections larger than this are not mail but an attack or an accident, bytes. */
const HEADER_LIMIT = 1024 * 1024;

/** Longest line, bytes (RFC 5322 section 2.1.1): what has no colon so far is no field. */
const LINE_LIMIT = 998;

/** Whether the header section ends in `beginning`, the first bytes of a message. A line that is cut off may yet become a field. */
export function holdsHead(beginning: Buffer): boolean {
  const { headLength, bodyStart } = splitHead(beginning);
  if (bodyStart > headLength) return true;
  return beginning.includes('\n', bodyStart) || beginning.length - bodyStart > LINE_LIMIT;
}

/** Reads as much of the message as holds its header section. @throws ExpectedError when that is over the limit */
export async function headerOf(entry: Entry): Promise<{ beginning: Buffer; header: Header }> {
  for (let limit = 64 * 1024; ; limit *= 4) {
    const beginning = await entry.readHead(limit);
    if (beginning.length === entry.size || holdsHead(beginning)) {
      return { beginning, header: parseHeader(beginning) };
    }
    if (limit >= HEADER_LIMIT) {
      throw new ExpectedError(EX.DATAERR, `its header section is larger than ${HEADER_LIMIT} bytes`);
    }
  }
}

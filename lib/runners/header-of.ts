/** The beginning of an entry's message with its header section. */
import { EX } from '../base/sysexits.ts';
import { ExpectedError } from '../base/errors.ts';
import { type Header, parseHeader } from '../mail/header.ts';
import { splitHead } from '../mail/head.ts';
import type { Entry } from '../spool/entry.ts';

/** Header sections larger than this are not mail but an attack or an accident, bytes. */
const HEADER_LIMIT = 1024 * 1024;

/** Reads as much of the message as holds its header section. @throws ExpectedError when that is over the limit */
export async function headerOf(entry: Entry): Promise<{ beginning: Buffer; header: Header }> {
  for (let limit = 64 * 1024; ; limit *= 4) {
    const beginning = await entry.readHead(limit);
    // Complete when something follows the header section, or the message ends with it.
    if (splitHead(beginning).bodyStart < beginning.length || beginning.length === entry.size) {
      return { beginning, header: parseHeader(beginning) };
    }
    if (limit >= HEADER_LIMIT) {
      throw new ExpectedError(EX.DATAERR, `its header section is larger than ${HEADER_LIMIT} bytes`);
    }
  }
}

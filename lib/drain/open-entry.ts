/** An active file as the entry a runner sees. */
import type { Entry } from '../spool/entry.ts';
import { type EntryFile, readMessage, streamMessage } from '../spool/entry-file.ts';
import { receivedAt } from '../spool/entry-name.ts';
import type { Place } from '../spool/move.ts';

/** Wraps a claimed entry. Reads nothing of the message. */
export function openEntry(place: Place, file: EntryFile): Entry {
  return {
    id: place.name.id,
    queue: place.queue,
    receivedAt: Math.floor(receivedAt(place.name.id)),
    failures: place.name.failures,
    released: place.name.released,
    meta: file.meta,
    size: file.messageLength,
    readHead: (limit) => readMessage(file, 0, limit),
    read: () => readMessage(file, 0, file.messageLength),
    stream: (from = 0) => streamMessage(file, from),
  };
}

/**
 * The name of an entry carries all that a scan needs, so that a scan opens no file.
 *
 *     1795420800123456-9f86d081884c7d659a2f,c1,f2,r
 *     └ accepted (µs) ┘ └ hash, 80 bits ──┘ └ flags
 *
 * Time and hash are the identity. Flags: `cN` claims so far that did not end, `fN` failures, `r` released
 * by a person. In deferred/ the due time (µs) and `-` stand in front, so that `ls` is a schedule.
 */

/** A parsed name. */
export type EntryName = {
  /** Time and hash, `1795420800123456-9f86d081884c7d659a2f`. */
  readonly id: string;
  /** Claims that have not ended well, the present one included. */
  readonly claims: number;
  readonly failures: number;
  readonly released: boolean;
  /** Microseconds since the epoch; only in deferred/. */
  readonly due: number | null;
};

const ID = /^\d{16}-[0-9a-f]{20}$/;
const NAME = /^(?:(\d{16})-)?(\d{16}-[0-9a-f]{20})((?:,(?:[cf]\d{1,6}|r))*)$/;

/** The bits of the hash that place an entry in its queue's hash space. */
export const HASH_SPACE = 2 ** 40;

/** True for the time and hash of an entry. */
export function isEntryId(text: string): boolean {
  return ID.test(text);
}

/** Makes an id from microseconds since the epoch and 20 hex digits. */
export function entryId(micros: number, hash: string): string {
  return `${String(micros).padStart(16, '0')}-${hash}`;
}

/** When the entry was accepted, milliseconds since the epoch. */
export function receivedAt(id: string): number {
  return Number(id.slice(0, 16)) / 1000;
}

/** The entry's place in the hash space, 0 to {@link HASH_SPACE} - 1. */
export function hashPlace(id: string): number {
  return Number.parseInt(id.slice(17, 27), 16);
}

/** Reads a name; `null` when it is not one of ours. */
export function parseName(text: string): EntryName | null {
  const match = NAME.exec(text);
  if (!match) return null;
  const [, due, id = '', flags = ''] = match;
  const count = (letter: string) => Number(new RegExp(`,${letter}(\\d+)`).exec(flags)?.[1] ?? 0);
  return {
    id,
    claims: count('c'),
    failures: count('f'),
    released: flags.includes(',r'),
    due: due === undefined ? null : Number(due),
  };
}

/** Writes a name; counters of zero are left out. */
export function formatName(name: EntryName): string {
  return (
    (name.due === null ? '' : `${String(name.due).padStart(16, '0')}-`) +
    name.id +
    (name.claims > 0 ? `,c${name.claims}` : '') +
    (name.failures > 0 ? `,f${name.failures}` : '') +
    (name.released ? ',r' : '')
  );
}

/** A fresh name for an id. */
export function newName(id: string): EntryName {
  return { id, claims: 0, failures: 0, released: false, due: null };
}

/** The bucket directory of a due time: its minute, `20261123T0840Z`, so that a scan reads only what may be due. */
export function bucketOf(dueMicros: number): string {
  const iso = new Date(dueMicros / 1000).toISOString();
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 13)}${iso.slice(14, 16)}Z`;
}

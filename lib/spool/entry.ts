/**
 * An entry as a runner sees it, and the metadata that travels with a message.
 * Types only: how entries lie on disk is entry-file.ts and entry-name.ts.
 */
import type { Readable } from 'node:stream';

/** Which of a list's addresses a message came in on (RFC 2142 and Mailman's names). */
export const ROLES = ['posting', 'owner', 'request', 'bounces', 'join', 'leave', 'confirm'] as const;

/** One of {@link ROLES}. */
export type Role = (typeof ROLES)[number];

/** What a recipient who was not delivered to waits for. Times in milliseconds since the epoch. */
export type Attempt = {
  /** Attempts to deliver to him that failed; a destination out of reach is counted with the destination. */
  readonly failures: number;
  /** When he could not be delivered to first; `null` while that was never tried. */
  readonly firstFailedAt: number | null;
  /** When he was tried last, or first put off. */
  readonly lastAt: number;
  /** Not tried before this. */
  readonly dueAt: number;
  /** The last reply or error, or why he was put off. */
  readonly reply: string;
};

/** What is known of a message beside its bytes. Stored as JSON in the entry, checked when it is read. */
export type EntryMeta = {
  /** Posting address of the list, or `null` for the site's own mail. */
  readonly list: string | null;
  /** The list's address it came in on; `null` for what a runner made. */
  readonly role: Role | null;
  /** What followed `+` in the local part it came in on (a VERP address, a token), or `null`. */
  readonly extension: string | null;
  /** RFC 5321 reverse-path: `''` is the null reverse-path, `null` unknown. */
  readonly sender: string | null;
  /** RFC 5321 forward-paths this entry is for; empty until somebody has decided. */
  readonly recipients: readonly string[];
  /** True when each recipient gets a reverse-path of his own (VERP). */
  readonly verp: boolean;
  /** For entries of `out` and `retry`, by recipient; `null` before the first attempt. */
  readonly attempts: Readonly<Record<string, Attempt>> | null;
  /** What was said when a delivery failed last, line by line, or `null`. */
  readonly conversation: string | null;
  /** True when the owners were told that recipients of this message wait; they are told once. */
  readonly warned: boolean;
  /** What a person said about deliveries (`qrunner out`) until then was heeded when this entry was put off; `null`: nothing was. */
  readonly rulesAt: number | null;
  /** The entry whose runner made this one, for the operator who asks where a message came from. */
  readonly origin: { readonly queue: string; readonly id: string } | null;
};

/** The metadata of a message nobody has said anything about yet. */
export const EMPTY_META: EntryMeta = {
  list: null,
  role: null,
  extension: null,
  sender: null,
  recipients: [],
  verp: false,
  attempts: null,
  conversation: null,
  warned: false,
  rulesAt: null,
  origin: null,
};

/** A claimed entry. The message is read only on request. */
export type Entry = {
  /** Identity: time and hash, the same in every state and in every log line. */
  readonly id: string;
  readonly queue: string;
  /** When it was accepted, whole milliseconds since the epoch. */
  readonly receivedAt: number;
  /** How many times its runner deferred it because something failed. */
  readonly failures: number;
  /** True when a person released it from `held`: rules that would hold it again are passed over. */
  readonly released: boolean;
  readonly meta: EntryMeta;
  /** Message bytes. */
  readonly size: number;
  /** The first `limit` bytes of the message, or all when it is shorter. */
  readonly readHead: (limit: number) => Promise<Buffer>;
  /** The whole message. Only for runners that must have it in memory. */
  readonly read: () => Promise<Buffer>;
  /** The message from byte `from` on. */
  readonly stream: (from?: number) => Readable;
};

/** The bytes of an output: `head`, then the input's message from `tailFrom` on (`null`: nothing of it). */
export type OutputMessage = {
  readonly head: Buffer;
  readonly tailFrom: number | null;
};

/** The input's message, unchanged. */
export const SAME_MESSAGE: OutputMessage = { head: Buffer.alloc(0), tailFrom: 0 };

/** A new entry for a queue. */
export type Output = {
  readonly queue: string;
  readonly meta: EntryMeta;
  readonly message: OutputMessage;
};

/**
 * What waits for an answer: somebody asked to join or leave, or is asked whether he still gets mail, and a token sent to
 * his address proves that it was he. A probe's token proves the contrary: that its mail came back.
 *
 * Promises: a token has 160 random bits (that of a probe 80) and works once, until it expires; only its SHA-256 is kept, so who
 * reads this table cannot confirm for others; asking again makes the earlier token worthless.
 * Fails: a token that is unknown, used, expired or not a token at all is `null`. May throw TemporaryError,
 * ExpectedError.
 *
 * A runner calls createPending inside `once` (lib/state/effects.ts), or a repeat after a crash would make the
 * token worthless that is already on its way. The token then lies in the effects of that entry until they are
 * forgotten.
 */
import { createHash, randomBytes } from 'node:crypto';
import { base32 } from '../base/base32.ts';
import { addressKey } from '../mail/address.ts';
import type { Database } from '../state/database.ts';
import type { JsonValue } from '../state/effects.ts';
import { integerOf, textOf, wordOf } from '../state/row.ts';

/** What waits: `join` and `leave` asked for, `enable` delivery again, `probe` whether a mail bounces. */
export const PENDING_KINDS = ['join', 'leave', 'enable', 'probe'] as const;

/** What a person can confirm; a probe's token stands in the mail the member gets, and confirms nothing. */
export const CONFIRMED_KINDS = ['join', 'leave', 'enable'] as const;

/** One of {@link PENDING_KINDS}. */
export type PendingKind = (typeof PENDING_KINDS)[number];

/** The usual life of a token, milliseconds: 3 days. */
export const PENDING_LIFE_MS = 3 * 86_400_000;

/** What somebody asked for. */
export type PendingRequest = {
  readonly kind: PendingKind;
  /** Posting address of the list, lower case. */
  readonly list: string;
  /** Who shall join or leave, as given. */
  readonly address: string;
  /** Whatever is needed to carry it out (a display name). @default null */
  readonly data?: JsonValue | undefined;
};

/** A request that has just been confirmed. Times in milliseconds since the epoch. */
export type Pending = {
  readonly kind: PendingKind;
  readonly list: string;
  readonly address: string;
  readonly data: JsonValue;
  readonly createdAt: number;
  readonly expiresAt: number;
};

/** 20 bytes are 32 characters of RFC 4648 base32 without a rest. */
const TOKEN_BYTES = 20;
/** Of a probe's token, which shares the 64 characters of a local part with the name of its list. */
const PROBE_BYTES = 10;
/** Characters of a probe's token. */
export const PROBE_TOKEN_LENGTH = (PROBE_BYTES * 8) / 5;

/** Notes a request and returns the token that confirms it until `now + ttlMs`. */
export function createPending(db: Database, request: PendingRequest, ttlMs: number, now: number): string {
  const { kind, list, address, data = null } = request;
  const token = base32(randomBytes(kind === 'probe' ? PROBE_BYTES : TOKEN_BYTES));
  db.run(
    `INSERT INTO pending (token_hash, kind, list, key, address, data, created_at, expires_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (kind, list, key) DO UPDATE SET token_hash = excluded.token_hash, address = excluded.address,
       data = excluded.data, created_at = excluded.created_at, expires_at = excluded.expires_at`,
    hashOf(token),
    kind,
    list,
    addressKey(address),
    address,
    JSON.stringify(data),
    now,
    now + ttlMs,
  );
  return token;
}

/**
 * The request of one of `kinds` that a token confirms, which is thereby used up; or `null`. The case of the token does
 * not matter. A token of another kind stays good.
 */
export function takePending(
  db: Database,
  token: string,
  now: number,
  kinds: readonly PendingKind[] = PENDING_KINDS,
): Pending | null {
  // Mail programs change the case of an address's local part.
  const normal = token.toLowerCase();
  if (!/^(?:[a-z2-7]{16}){1,2}$/.test(normal)) return null;
  const row = db.get(
    `DELETE FROM pending WHERE token_hash = ? AND kind IN (${kinds.map(() => '?').join(', ')})
     RETURNING kind, list, address, data, created_at, expires_at`,
    hashOf(normal),
    ...kinds,
  );
  if (row === null) return null;
  const expiresAt = integerOf(row, 'expires_at');
  if (expiresAt <= now) return null;
  const data: JsonValue = JSON.parse(textOf(row, 'data'));
  return {
    kind: wordOf(row, 'kind', PENDING_KINDS),
    list: textOf(row, 'list'),
    address: textOf(row, 'address'),
    data,
    createdAt: integerOf(row, 'created_at'),
    expiresAt,
  };
}

/** Removes requests nobody confirmed in time; returns how many. */
export function expirePending(db: Database, now: number): number {
  return db.run('DELETE FROM pending WHERE expires_at <= ?', now).changes;
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

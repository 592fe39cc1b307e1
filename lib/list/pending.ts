/**
 * Confirmations: somebody asked to join or leave, and a token sent to his address proves that it was he.
 *
 * Promises: a token has 160 random bits and works once, until it expires; only its SHA-256 is kept, so who
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

/** What can be confirmed. */
export const PENDING_KINDS = ['join', 'leave'] as const;

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

/** Notes a request and returns the token that confirms it until `now + ttlMs`. */
export function createPending(db: Database, request: PendingRequest, ttlMs: number, now: number): string {
  const { kind, list, address, data = null } = request;
  const token = base32(randomBytes(TOKEN_BYTES));
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
 * The request a token confirms, which is thereby used up; or `null`. The case of the token does not matter.
 */
export function takePending(db: Database, token: string, now: number): Pending | null {
  // Mail programs change the case of an address's local part.
  const normal = token.toLowerCase();
  if (!/^[a-z2-7]{32}$/.test(normal)) return null;
  const row = db.get(
    `DELETE FROM pending WHERE token_hash = ?
     RETURNING kind, list, address, data, created_at, expires_at`,
    hashOf(normal),
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

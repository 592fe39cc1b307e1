/**
 * What recipients wait for, as it is stored: those who wait for the same stand together, since with a server that is down
 * they are all that ever were.
 *
 *     [{"failures":1,…,"reply":"450 later","recipients":["ann@example.org"]},{"failures":0,…,"reply":"no answer"}]
 *
 * The largest group leaves its recipients out when everybody has an attempt: they are all who are in no other.
 */
import type { Attempt } from './entry.ts';

/** A group as it is stored. */
export type StoredAttempt = Attempt & { readonly recipients?: readonly string[] };

/** Groups the attempts of an entry for `recipients`. */
export function storeAttempts(
  attempts: Readonly<Record<string, Attempt>>,
  recipients: readonly string[],
): StoredAttempt[] {
  const groups = new Map<string, { readonly attempt: Attempt; readonly recipients: string[] }>();
  for (const [recipient, attempt] of Object.entries(attempts)) {
    const { failures, firstFailedAt, lastAt, dueAt, reply } = attempt;
    const key = JSON.stringify([failures, firstFailedAt, lastAt, dueAt, reply]);
    const group = groups.get(key) ?? {
      attempt: { failures, firstFailedAt, lastAt, dueAt, reply },
      recipients: [],
    };
    groups.set(key, group);
    group.recipients.push(recipient);
  }
  const sorted = [...groups.values()].sort((a, b) => a.recipients.length - b.recipients.length);
  const all = recipients.length > 0 && recipients.every((recipient) => Object.hasOwn(attempts, recipient));
  const exact = all && new Set(recipients).size === Object.keys(attempts).length;
  return sorted.map((group, index) =>
    exact && index === sorted.length - 1 ? group.attempt : { ...group.attempt, recipients: group.recipients },
  );
}

/** The attempts by recipient; `null` when this is not how they are stored. */
export function readAttempts(
  stored: unknown,
  recipients: readonly string[],
): Readonly<Record<string, Attempt>> | null {
  if (!Array.isArray(stored)) return null;
  const found = new Map<string, Attempt>();
  for (const [index, group] of stored.entries()) {
    const attempt = readAttempt(group);
    if (attempt === null) return null;
    const named = namedIn(group);
    if (named === undefined) return null;
    if (named === null && index < stored.length - 1) return null;
    const members = named ?? recipients.filter((one) => !found.has(one));
    for (const recipient of members) found.set(recipient, attempt);
  }
  // Not an assignment to a key: a recipient may be called __proto__.
  return Object.fromEntries(found);
}

/** The recipients of a group; `null`: all who are in no other. */
function namedIn({ recipients }: { readonly recipients?: unknown }): readonly string[] | null | undefined {
  if (recipients === undefined) return null;
  return Array.isArray(recipients) && recipients.every((one) => typeof one === 'string')
    ? recipients
    : undefined;
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;

function readAttempt(value: unknown): Attempt | null {
  if (typeof value !== 'object' || value === null) return null;
  if (!('failures' in value && 'firstFailedAt' in value && 'lastAt' in value)) return null;
  if (!('dueAt' in value && 'reply' in value)) return null;
  const { failures, firstFailedAt, lastAt, dueAt, reply } = value;
  return isCount(failures) &&
    (firstFailedAt === null || isCount(firstFailedAt)) &&
    isCount(lastAt) &&
    isCount(dueAt) &&
    typeof reply === 'string'
    ? { failures, firstFailedAt, lastAt, dueAt, reply }
    : null;
}

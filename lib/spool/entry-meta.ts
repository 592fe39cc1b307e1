/**
 * The metadata of an entry as JSON: written in full, checked field by field when read.
 * Fails: what does not fit is described in words; the entry then goes to bad/.
 */
import { EMPTY_META, type EntryMeta, ROLES, type Role } from './entry.ts';
import { readAttempts, storeAttempts } from './stored-attempts.ts';

/** Largest metadata that is read, bytes: room for a million recipients. */
export const META_LIMIT = 64 * 1024 * 1024;

/** The JSON of the metadata; fields with their empty value are left out. */
export function encodeMeta(meta: EntryMeta): Buffer {
  const empty: Readonly<Record<string, unknown>> = EMPTY_META;
  const stored = Object.entries(meta).filter(
    ([key, value]) => value !== empty[key] && !(Array.isArray(value) && value.length === 0),
  );
  const attempts = meta.attempts && { attempts: storeAttempts(meta.attempts, meta.recipients) };
  return Buffer.from(`${JSON.stringify({ ...Object.fromEntries(stored), ...attempts })}\n`);
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isString = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;
const isRole = (value: unknown): value is Role => ROLES.some((role) => role === value);

/** Reads metadata. A string says what is wrong with it. */
export function decodeMeta(bytes: Buffer): EntryMeta | string {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch {
    return 'its metadata is not JSON';
  }
  if (!isObject(json)) return 'its metadata is not a JSON object';
  const {
    list,
    role,
    extension,
    sender,
    recipients,
    verp,
    attempts,
    conversation,
    warned,
    rulesAt,
    ...others
  } = {
    ...EMPTY_META,
    ...json,
  };
  const { origin, ...unknown } = others;
  const stray = Object.keys(unknown)[0];
  if (stray !== undefined) return `its metadata has the unknown field "${stray}"`;
  if (list !== null && !isString(list)) return 'its metadata field "list" is not a string';
  if (role !== null && !isRole(role)) return 'its metadata field "role" is not a role';
  if (extension !== null && !isString(extension)) return 'its metadata field "extension" is not a string';
  if (sender !== null && !isString(sender)) return 'its metadata field "sender" is not a string';
  if (!Array.isArray(recipients) || !recipients.every(isString)) {
    return 'its metadata field "recipients" is not a list of strings';
  }
  if (typeof verp !== 'boolean') return 'its metadata field "verp" is not true or false';
  const made = attempts === null ? null : readAttempts(attempts, recipients);
  if (attempts !== null && made === null) return 'its metadata field "attempts" is not a record of attempts';
  if (conversation !== null && !isString(conversation)) {
    return 'its metadata field "conversation" is not a string';
  }
  if (typeof warned !== 'boolean') return 'its metadata field "warned" is not true or false';
  if (rulesAt !== null && !isCount(rulesAt)) return 'its metadata field "rulesAt" is not a time';
  if (origin !== null && !(isObject(origin) && isString(origin.queue) && isString(origin.id))) {
    return 'its metadata field "origin" is not a queue and an id';
  }
  return {
    list,
    role,
    extension,
    sender,
    recipients,
    verp,
    attempts: made,
    conversation,
    warned,
    rulesAt,
    origin: origin === null ? null : { queue: origin.queue, id: origin.id },
  };
}

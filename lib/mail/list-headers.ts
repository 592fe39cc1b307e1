/**
 * What a list writes into the header of a post: its List- fields and the subject prefix.
 * Pure text; header.ts puts it into a message. Whoever adds the fields removes LIST_FIELDS first: a post that
 * came over another list must not carry two.
 */
import { decodeWords, encodePhrase, encodeWords } from './encoded-word.ts';
import { type ListName, listAddress, listId } from './list-address.ts';
import { stripReplyWords } from './reply-words.ts';

/** The fields of a list that are removed before ours are added (RFC 2919, RFC 2369, RFC 8058). */
export const LIST_FIELDS: readonly string[] = [
  'List-Id',
  'List-Post',
  'List-Help',
  'List-Subscribe',
  'List-Unsubscribe',
  'List-Unsubscribe-Post',
  'List-Owner',
  'List-Archive',
];

/** What the fields tell about a list. */
export type ListDescription = ListName & {
  /** One line for people, or `''`. */
  readonly description: string;
  /** Address of the archive on the web, or `null`. */
  readonly archiveUrl: string | null;
};

/** What does not hold for every list. */
export type ListFieldsOptions = {
  /** False: members cannot post, which List-Post says as `NO`. @default true */
  readonly posting?: boolean;
  /** False: only owners add members, so there is no List-Subscribe. @default true */
  readonly subscribing?: boolean;
};

/** Characters that would end the URL, or are none of it (RFC 3986), as percent escapes. */
function escapeUrl(url: string, unsafe: RegExp): string {
  return url.replace(unsafe, (char) => Buffer.from(char).toString('hex').toUpperCase().replace(/../g, '%$&'));
}

/** RFC 6068. */
function mailto(address: string, query = ''): string {
  return `<mailto:${escapeUrl(address, /[^\w.~!$'*+@-]/gu)}${query}>`;
}

/** The list's fields with their values in ASCII, in the order they are added. */
export function listFields(list: ListDescription, options: ListFieldsOptions = {}): [string, string][] {
  const { posting = true, subscribing = true } = options;
  const phrase = encodePhrase(list.description);
  const fields: [string, string][] = [
    ['List-Id', `${phrase === '' ? '' : `${phrase} `}<${listId(list)}>`],
    ['List-Post', posting ? mailto(listAddress(list, 'posting')) : 'NO'],
    ['List-Help', mailto(listAddress(list, 'request'), '?subject=help')],
  ];
  if (subscribing) fields.push(['List-Subscribe', mailto(listAddress(list, 'join'))]);
  fields.push(['List-Unsubscribe', mailto(listAddress(list, 'leave'))]);
  fields.push(['List-Owner', mailto(listAddress(list, 'owner'))]);
  if (list.archiveUrl !== null) {
    fields.push(['List-Archive', `<${escapeUrl(list.archiveUrl, /[<>"\\^`{|}\s\p{Cc}]|\P{ASCII}/gu)}>`]);
  }
  return fields;
}

/** Whether the prefix is among the tags and reply words at the beginning of a decoded subject. */
function hasPrefix(subject: string, prefix: string): boolean {
  const wanted = prefix.toLowerCase();
  let rest = stripReplyWords(subject);
  while (!rest.toLowerCase().startsWith(wanted)) {
    const tag = /^\[[^\]]*\]\s*/.exec(rest)?.[0];
    if (tag === undefined) return false;
    rest = stripReplyWords(rest.slice(tag.length));
  }
  return true;
}

/**
 * The Subject with `prefix` and a blank before it, or `null` when the field stays as it is: there is no
 * prefix, or it is there already, in any case, also behind `Re:` and other lists' tags (`Re: [x] foo`). `Re:
 * foo` becomes `[x] Re: foo`. `raw` is the field's value as getField gives it; its encoded-words are kept
 * letter for letter.
 * A message without a subject gets `(no subject)`.
 */
export async function prefixSubject(raw: string | null, prefix: string): Promise<string | null> {
  const tag = prefix.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  if (tag === '') return null;
  const subject = (raw ?? '').replace(/[\r\n\0]+/g, ' ').trim() || '(no subject)';
  if (hasPrefix(await decodeWords(subject), tag)) return null;
  if (/^[\x20-\x7e]*$/.test(tag)) return `${tag} ${subject}`;
  // Blanks between two encoded-words vanish when they are decoded, so ours must be inside.
  return subject.startsWith('=?') ? `${encodeWords(`${tag} `)} ${subject}` : `${encodeWords(tag)} ${subject}`;
}

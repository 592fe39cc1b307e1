/**
 * Whether a person sent this message or a program. An answer to a program can loop, so nobody answers those.
 * Pure; reads the header and the reverse-path.
 */
import { getField, getFields, type Header, hasField } from './header.ts';

/** `no`: a person wrote it. The others are reasons not to answer. */
export type AutomaticKind = 'no' | 'generated' | 'replied' | 'bulk' | 'null-sender';

/** Fields that autoresponders put on their answers beside, or instead of, Auto-Submitted. */
const REPLY_FIELDS = [
  'X-Autoreply',
  'X-Autorespond',
  'X-Autoresponder',
  'X-Auto-Reply-From',
  'X-Mail-Autoreply',
];

/**
 * What kind of automatic message it is. `sender` is the reverse-path: `''` null, `null` unknown. The first
 * that holds:
 *
 * 1. `null-sender`: a null reverse-path: delivery reports and everything that wants no answer (RFC 5321
 *    section 4.5.5);
 * 2. `replied`, `generated`: Auto-Submitted, anything but `no` (RFC 3834 section 5; `auto-notified` of RFC
 *    5436 is generated). It is the only standard one, so it goes before the habits below;
 * 3. `replied`: a field of an autoresponder that does not know the standard, or `Precedence: auto_reply`;
 * 4. `bulk`: `Precedence: bulk`, `junk` or `list`, or a List-Id: what came over a list (RFC 3834 section 2);
 * 5. `generated`: X-Auto-Response-Suppress asks for no automatic answers (Exchange, on what it makes itself).
 */
export function automaticKind(header: Header, sender: string | null): AutomaticKind {
  if (sender === '') return 'null-sender';
  for (const value of getFields(header, 'Auto-Submitted')) {
    const keyword = /^[a-z-]+/i.exec(value)?.[0].toLowerCase() ?? 'no';
    if (keyword !== 'no') return keyword === 'auto-replied' ? 'replied' : 'generated';
  }
  const precedence = (getField(header, 'Precedence') ?? '').toLowerCase();
  if (precedence === 'auto_reply' || REPLY_FIELDS.some((name) => hasField(header, name))) return 'replied';
  if (['bulk', 'junk', 'list'].includes(precedence) || hasField(header, 'List-Id')) return 'bulk';
  const suppressed = (getField(header, 'X-Auto-Response-Suppress') ?? '').toLowerCase().split(/[\s,]+/);
  return suppressed.some((word) => ['all', 'oof', 'autoreply'].includes(word)) ? 'generated' : 'no';
}

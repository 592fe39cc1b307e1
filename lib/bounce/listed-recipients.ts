/**
 * Recipients listed in the text of a notice: an address at the beginning of a line, behind or below it what was
 * answered. Most mail servers list them in this way. Pure; linear in its input.
 */
import { addressKey, parseAddress } from '../mail/address.ts';

/** A recipient as a detector found it. */
export type FoundRecipient = {
  /** `null` when the notice only tells that somebody did not get it. */
  readonly address: string | null;
  /** Enhanced status code, or `null`: it may yet stand in the diagnostic. */
  readonly status: string | null;
  /** On one line, or `null`. */
  readonly diagnostic: string | null;
};

/** Characters of a diagnostic that are kept. */
export const DIAGNOSTIC_LIMIT = 1000;

/** An address in running text; its bounds keep a search linear. For use in expressions with the flag `i`. */
export const ADDRESS = '[^\\s<>()[\\],;:"\'@][^\\s<>()[\\],;:"@]{0,63}@[a-z0-9\\u0080-\\uffff._-]{1,255}';

const ANYWHERE = new RegExp(ADDRESS, 'gi');
const AT_START = new RegExp(
  `^([ \\t]*)(?:[-*•·] ?)?(?:(?:to|an|à|para|aan):[ \\t]*)?["'(<[]*(?:mailto:|smtp:|rfc822;)?(${ADDRESS})(.*)$`,
  'i',
);
const BEHIND_NAME = new RegExp(`^([ \\t]*)[^<>@\\t]{1,80}[<(](?:mailto:)?(${ADDRESS})[>)](.*)$`, 'i');

/** The address out of a text that ends with or without a stop; `null` when it is none with a domain in dots. */
export function readAddress(text: string): string | null {
  const address = parseAddress(text.replace(/[.'-]+$/, ''));
  return address?.slice(address.lastIndexOf('@')).includes('.') ? address : null;
}

/** All addresses in a line, in order. */
export function addressesIn(line: string): string[] {
  return [...line.matchAll(ANYWHERE)].map(([text]) => readAddress(text)).filter((found) => found !== null);
}

/** `text` on one line and within its limit; `null` when nothing is left. */
export function tidyDiagnostic(text: string): string | null {
  const line = text.replace(/\s+/g, ' ').trim().slice(0, DIAGNOSTIC_LIMIT);
  return line === '' ? null : line;
}

/** How recipients are listed. */
export type ListForm = {
  /** Only an address in the first column begins a recipient; a diagnostic is indented and may have others. */
  readonly flush?: boolean;
  /** A recipient may be a name with the address in brackets. */
  readonly named?: boolean;
};

/**
 * The recipients listed in `lines`, each once, in order. What follows an address up to an empty line is its
 * diagnostic; when nothing stood before the empty line, or a line that ends in a colon, what stands below it is too.
 */
export function listedRecipients(lines: readonly string[], form: ListForm = {}): FoundRecipient[] {
  const found = new Map<string, { address: string; words: string[] }>();
  let current: { address: string; words: string[] } | null = null;
  for (const line of lines) {
    const match = AT_START.exec(line) ?? (form.named === true ? BEHIND_NAME.exec(line) : null);
    const [, indent = '', text = '', rest = ''] = match ?? [];
    const address = match === null || (form.flush === true && indent !== '') ? null : readAddress(text);
    if (address !== null) {
      const key = addressKey(address);
      current = found.get(key) ?? { address, words: [] };
      found.set(key, current);
      const words = rest.replace(/^[>\])"'.:;,\s-]+/, '').trim();
      if (words !== '' && addressesIn(words)[0] !== address) current.words.push(words);
    } else if (line.trim() !== '') {
      current?.words.push(line.trim());
    } else if (current !== null && current.words.length > 0 && !current.words.at(-1)?.endsWith(':')) {
      current = null;
    }
  }
  return [...found.values()].map(({ address, words }) => ({
    address,
    status: null,
    diagnostic: tidyDiagnostic(words.join(' ')),
  }));
}

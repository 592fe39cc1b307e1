/**
 * Notices in words that a mail server always uses: a sentence, and the recipients in it or below it. A detector is a
 * few of these. Pure.
 */
import {
  ADDRESS,
  type FoundRecipient,
  type ListForm,
  listedRecipients,
  readAddress,
  tidyDiagnostic,
} from './listed-recipients.ts';

/** One such form. */
export type TextForm = ListForm & {
  /** Tried on each line. With a group named `address` the recipient stands in the sentence itself. */
  readonly start: RegExp;
  /** The first line, below the sentence, that does not belong to it any more. Default: the end of the notice. */
  readonly end?: RegExp;
};

/** Lines below the sentence that are looked at. */
const BLOCK_LINES = 300;

/** `source` as an expression without regard to case, in which `{address}` stands for the recipient. */
export function sentence(source: string): RegExp {
  return new RegExp(source.replace('{address}', `(?:mailto:)?(?<address>${ADDRESS})`), 'i');
}

/** The lines below the first that fits `start`, up to the one that fits `end`; `null` when none fits. */
export function linesBelow(lines: readonly string[], start: RegExp, end?: RegExp): string[] | null {
  const at = lines.findIndex((line) => start.test(line));
  if (at < 0) return null;
  const block = lines.slice(at + 1, at + 1 + BLOCK_LINES);
  const length = end === undefined ? -1 : block.findIndex((line) => end.test(line));
  return length < 0 ? block : block.slice(0, length);
}

function readForm(lines: readonly string[], form: TextForm): FoundRecipient[] {
  const below = linesBelow(lines, form.start, form.end);
  if (below === null) return [];
  const match = form.start.exec(lines.find((line) => form.start.test(line)) ?? '');
  const inSentence = match?.groups?.address;
  if (inSentence === undefined) return listedRecipients(below, form);
  const address = readAddress(inSentence);
  // What stands behind the address, and the paragraphs below it, two at most: the second often is what was answered.
  const rest = match?.input.slice((match.index ?? 0) + match[0].length) ?? '';
  const words = [rest, ...paragraphs(below, 2)].join(' ').replace(/^[>)"'.:,;\s]+/, '');
  return address === null ? [] : [{ address, status: null, diagnostic: tidyDiagnostic(words) }];
}

function paragraphs(lines: readonly string[], count: number): string[] {
  const taken: string[] = [];
  let left = count;
  for (const [index, line] of lines.entries()) {
    if (line === '' && index > 0 && lines[index - 1] !== '') left--;
    if (left === 0) break;
    taken.push(line.trim());
  }
  return taken;
}

/** What the first form that finds somebody finds; `null` when none does. */
export function readForms(lines: readonly string[], forms: readonly TextForm[]): FoundRecipient[] | null {
  for (const form of forms) {
    const found = readForm(lines, form);
    if (found.length > 0) return found;
  }
  return null;
}

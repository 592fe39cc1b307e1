/** qmail and others that write QSBMF: a paragraph that begins "Hi. This is", then a paragraph for each recipient. */
import type { Detector } from './detector.ts';
import { listedRecipients } from './listed-recipients.ts';

/** The beginning is part of the format; the rest of the sentence is not. */
export const detectQmail: Detector = ({ lines }) => {
  const start = lines.findIndex((line) => line !== '');
  if (start < 0 || !/^Hi\. This is (?:the|an?) /.test(lines[start] ?? '')) return null;
  const below = lines.slice(start + 1).filter((line, index, all) => line !== '' || all[index - 1] !== '');
  const first = below.findIndex((line) => /^<[^<>]+>:/.test(line));
  if (first < 0) return null;
  const found = listedRecipients(below.slice(first), { flush: true });
  return found.length === 0 ? null : found;
};

/** What a failure says of the member: {@link CLASS_RULES} applied. Pure; any words are taken. */
import { CLASS_RULES, type ClassRule } from './class-rules.ts';
import { CLASS_WORDS } from './class-words.ts';
import { DIAGNOSTIC_LIMIT } from './listed-recipients.ts';
import type { BounceClass } from './reading.ts';
import { replyCodeIn, statusIn } from './reply-code.ts';

/**
 * The status that counts: what the report says, unless that is a mere "failed" (`5.0.0`) and the server's own words
 * know more.
 */
export function effectiveStatus(status: string | null, diagnostic: string | null): string | null {
  if (status !== null && !/^[45]\.0\.0$/.test(status)) return status;
  return statusIn(diagnostic ?? '') ?? status;
}

/** Whether `value` is one of `patterns`: digits and dots, `x` for any number (a digit, in a reply code). */
function isOneOf(value: string | null, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    if (value === null || pattern === 'none') return value === null && pattern === 'none';
    const any = pattern.includes('.') ? '\\d{1,3}' : '\\d';
    return new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('x', any)}$`).test(value);
  });
}

/** Words only: addresses, URLs and the names of hosts may hold any word. */
function wordsOf(diagnostic: string): string {
  return diagnostic
    .slice(0, DIAGNOSTIC_LIMIT)
    .toLowerCase()
    .replace(/[’‘`´]/g, "'")
    .replace(/https?:\/\/\S+/g, ' ')
    .replace(/\S+@\S*/g, ' ')
    .replace(/[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.[a-z]{2,24}(?![a-z])/g, (name) =>
      name.startsWith('resolver.') ? name : ' ',
    )
    .replace(/\s+/g, ' ');
}

function fits(rule: ClassRule, status: string | null, reply: string | null, words: string): boolean {
  if (rule.status !== undefined && !isOneOf(status, rule.status)) return false;
  if (rule.reply !== undefined && !isOneOf(reply, rule.reply)) return false;
  return rule.words === undefined || CLASS_WORDS[rule.words].some((phrase) => words.includes(phrase));
}

/**
 * The class of a failure for good. `status` is the enhanced status of the report or `null`, `diagnostic` the words of
 * the server that refused or `null`.
 */
export function classify(status: string | null, diagnostic: string | null): BounceClass {
  const counted = effectiveStatus(status, diagnostic);
  const reply = replyCodeIn(diagnostic ?? '')?.toString() ?? null;
  const words = wordsOf(diagnostic ?? '');
  return CLASS_RULES.find((rule) => fits(rule, counted, reply, words))?.class ?? 'unknown';
}

/** The table by which failures are told apart; docs/BOUNCES.md prints it, lib/bounce/classify.ts applies it. */
import type { CLASS_WORDS } from './class-words.ts';
import type { BounceClass } from './reading.ts';

/** A rule fits when all that it names fits. */
export type ClassRule = {
  readonly class: BounceClass;
  /** Enhanced statuses, `x` for any number; `none` when there is none. Absent: any. */
  readonly status?: readonly string[];
  /** Reply codes (RFC 5321), `x` for any digit; `none` when there is none. Absent: any. */
  readonly reply?: readonly string[];
  /** A name of {@link CLASS_WORDS}: one of its phrases is in the diagnostic. Absent: any words. */
  readonly words?: keyof typeof CLASS_WORDS;
};

/** In order: the first that fits says it. */
export const CLASS_RULES: readonly ClassRule[] = [
  // The addressee is there, or was there, whatever the number says.
  { class: 'hard', status: ['x.7.13', 'x.7.17', 'x.7.18'] },
  { class: 'full', status: ['x.2.2'] },
  { class: 'hard', status: ['5.4.1'], words: 'no such user' },
  { class: 'hard', status: ['5.4.1'], reply: ['550'] },
  { class: 'policy', status: ['x.0.x', 'x.1.x', 'x.3.x', 'x.4.x', 'x.5.x', 'none'], words: 'unwanted' },
  { class: 'policy', status: ['x.1.7', 'x.1.8', 'x.2.3', 'x.3.4', 'x.6.x', 'x.7.x'] },
  { class: 'policy', status: ['x.0.x', 'x.1.x', 'x.2.x', 'x.3.x', 'x.5.x', 'none'], words: 'too large' },
  { class: 'full', status: ['x.0.x', 'x.1.x', 'x.2.x', 'x.3.x', 'x.5.x', 'none'], words: 'full' },
  { class: 'soft', status: ['4.x.x'] },
  { class: 'hard', status: ['5.1.1', '5.1.2', '5.1.3', '5.1.4', '5.1.6', '5.1.10', '5.2.1'] },
  { class: 'hard', status: ['5.4.0', '5.4.4'], words: 'no such domain' },
  { class: 'soft', status: ['5.3.x', '5.4.x'] },
  { class: 'soft', reply: ['4xx'] },
  { class: 'hard', words: 'no such user' },
  { class: 'hard', words: 'no such domain' },
  { class: 'full', reply: ['552'] },
  { class: 'soft', words: 'for a time' },
  { class: 'hard', reply: ['521', '550', '551', '553', '556'] },
  { class: 'soft', status: ['5.5.x'] },
];

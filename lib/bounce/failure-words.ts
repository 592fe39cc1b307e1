/** Subjects and sentences of notices about failures that no detector knows, in several languages. Pure. */
import type { BounceMessage } from './bounce-message.ts';
import { CLASS_WORDS } from './class-words.ts';
import { isFromDaemon } from './from-system.ts';

const SUBJECT =
  /\b(?:undeliver(?:ed|able)|(?:not|could not|cannot) be delivered|not delivered|delivery (?:has )?(?:fail(?:ed|ure)|error|problem)|delivery status notification ?\(failure\)|fail(?:ed|ure) (?:to deliver|notice|notification|delivery)|mail (?:delivery )?failed|mail system error|returned (?:mail|to sender|message)|non[- ]?delivery|nondeliverable|user unknown|address not found|unzustellbar|nicht zugestellt|zustellung (?:fehlgeschlagen|nicht möglich)|fehler bei der (?:zustellung|nachrichtenzustellung)|non remis|échec de la remise|non distribué|no (?:se pudo )?entregad?o?|no entregado|error de entrega|onbestelbaar|niet (?:bezorgd|afgeleverd)|non recapitabile|mancato recapito|não entregue)|配信(?:エラー|不能|できません|に失敗)|(?:未配信|不達)|退信|投递失败/i;

/** Phrases that are the reason itself; in a subject they count only when a mail server's name stands in From. */
const REASONS: readonly string[] = [
  ...CLASS_WORDS['no such user'],
  ...CLASS_WORDS['no such domain'],
  ...CLASS_WORDS.full,
];

/** Whether the subject, or one of the first lines, tells of mail that was not delivered. */
export function tellsFailure(message: BounceMessage): boolean {
  const { subject, lines } = message;
  if (SUBJECT.test(subject) || lines.slice(0, 20).some((line) => SUBJECT.test(line))) return true;
  const words = subject.toLowerCase();
  return isFromDaemon(message) && REASONS.some((phrase) => words.includes(phrase));
}

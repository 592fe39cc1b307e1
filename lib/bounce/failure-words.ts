/** Subjects and sentences of notices about failures that no detector knows, in several languages. Pure. */
import type { BounceMessage } from './bounce-message.ts';

const SUBJECT =
  /\b(?:undeliver(?:ed|able)|(?:not|could not|cannot) be delivered|not delivered|delivery (?:has )?(?:fail(?:ed|ure)|error|problem)|delivery status notification ?\(failure\)|fail(?:ed|ure) (?:to deliver|notice|notification|delivery)|mail (?:delivery )?failed|mail system error|returned (?:mail|to sender|message)|non[- ]?delivery|nondeliverable|user unknown|address not found|unzustellbar|nicht zugestellt|zustellung (?:fehlgeschlagen|nicht möglich)|fehler bei der (?:zustellung|nachrichtenzustellung)|non remis|échec de la remise|non distribué|no (?:se pudo )?entregad?o?|no entregado|error de entrega|onbestelbaar|niet (?:bezorgd|afgeleverd)|non recapitabile|mancato recapito|não entregue)|配信(?:エラー|不能|できません|に失敗)|(?:未配信|不達)|退信|投递失败/i;

/** Whether the subject, or one of the first lines, tells of mail that was not delivered. */
export function tellsFailure({ subject, lines }: BounceMessage): boolean {
  return SUBJECT.test(subject) || lines.slice(0, 20).some((line) => SUBJECT.test(line));
}

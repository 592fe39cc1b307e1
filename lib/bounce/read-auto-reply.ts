/**
 * Answers of a program in a person's name: on holiday, moved, out of office. The standard's fields first, the habits
 * of programs next, and the subject as the last resort. Pure.
 */
import { automaticKind } from '../mail/automatic.ts';
import { hasField } from '../mail/header.ts';
import type { BounceMessage } from './bounce-message.ts';
import { isFromDaemon } from './from-system.ts';
import type { BounceReading } from './reading.ts';

/** Beginnings of the subjects of such answers. */
const SUBJECTS =
  /^(?:(?:re|aw|sv|antw): ?)?(?:auto(?:matic)?[- ]?(?:reply|response|antwort|svar|matic answer)|auto:|out[- ]of[- ](?:the[- ])?office|away from my (?:mail|desk)|(?:i am|i'm) (?:away|out of|on (?:vacation|holiday|leave))|on vacation|vacation (?:reply|response)|abwesen(?:d|heit)|automatische (?:antwort|abwesenheit)|urlaub\b|nicht im (?:haus|büro)|réponse automatique|absence du bureau|absen(?:t|ce)\b|message d'absence|respuesta autom[áa]tica|fuera de (?:la )?oficina|ausente|automatisch (?:antwoord|afwezigheid)|afwezig|risposta automatica|fuori (?:ufficio|sede)|resposta autom[áa]tica|fora do escrit[óo]rio|automaattinen vastaus|poissa|frånvar|fraværende|autosvar|automatyczna odpowied|odpowied[źz] automatyczna|automatick[áa] odpov|automatikus válasz|otomatik yan[ıi]t|автоматический ответ|автоответ|自動(?:応答|返信)|不在(?:通知|の)|自动(?:回复|答复)|자동 ?(?:회신|응답))/i;

/** The automatic answer in a message, or `null`. What a mail server wrote is none, though many call it `auto-replied`. */
export function readAutoReply(message: BounceMessage): BounceReading | null {
  const { header, subject } = message;
  if (isFromDaemon(message) || hasField(header, 'X-Failed-Recipients')) return null;
  // Without the reverse-path: an answer may have the null one, and so has every bounce.
  if (automaticKind(header, null) === 'replied') return { kind: 'auto-reply', detector: 'auto-submitted' };
  return SUBJECTS.test(subject) ? { kind: 'auto-reply', detector: 'subject' } : null;
}

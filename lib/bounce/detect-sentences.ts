/** Sentences that many servers and programs use, in several languages: the recipient in them or below them. */
import type { Detector } from './detector.ts';
import { readForms, sentence } from './text-form.ts';

const BELOW = [
  /^(?:Your|The) (?:message|e-?mail)(?: .{0,60})? (?:could not be|was not|cannot be|has not been) delivered to(?: the following (?:recipients?|address(?:es|\(es\))?))?:$/i,
  /^(?:The following|These) (?:recipients?|address(?:es)?)(?:\(s\))? (?:could not be reached|failed|did not receive (?:this|your) message|had (?:permanent|fatal) (?:delivery )?errors):?$/i,
  /^(?:I was |We were )?(?:unable|not able) to deliver your (?:message|mail) to the following (?:recipients?|address(?:es)?):$/i,
  /^(?:could not|unable to|failed to) (?:be )?deliver(?:ed)? (?:the |your )?(?:message |mail )?to(?: the following (?:recipients?|address(?:es)?))?:$/i,
  /^(?:Ihre|Die) (?:Nachricht|E-?Mail)(?: .{0,60})? (?:konnte|wurde) (?:an )?(?:(?:den|die) )?(?:folgenden? )?(?:Empfängern?|Adressen?)? ?nicht (?:zugestellt|ausgeliefert)(?: werden)?:?$/i,
  /^(?:Folgende|Die folgenden) (?:Empfänger|Adressen) (?:konnten nicht erreicht werden|sind fehlgeschlagen):$/i,
  /^(?:Votre|Le) message n['’](?:a pas pu être|a pas été) (?:remis|délivré|distribué) (?:aux destinataires suivants|à l['’]adresse suivante|à) ?:$/i,
  /^(?:Su|El) mensaje no (?:pudo ser|ha podido ser|se pudo|fue) entrega(?:do|r) a (?:los siguientes destinatarios|la siguiente dirección|las siguientes direcciones):$/i,
  /^(?:Uw|Het) bericht (?:kon|kan) niet (?:worden )?(?:bezorgd|afgeleverd)(?: worden)? (?:aan|bij)(?: de volgende (?:ontvangers?|adressen|geadresseerden))?:$/i,
  /^(?:以下|次)の(?:宛先|アドレス|受信者)(?:へ|に)(?:の)?(?:メールを|メッセージを)?配信(?:に失敗しました|できませんでした)/,
].map((start) => ({ start, named: true }));

const INSIDE = [
  '^(?:Your|The) (?:message|e-?mail|mail) (?:(?:sent )?to|for) <?{address}>? (?:could not be|was not|cannot be) delivered',
  '^(?:Your|The) (?:message|e-?mail|mail) (?:could not be|was not|cannot be) delivered to <?{address}>?',
  '^(?:Unknown|Invalid|No such) (?:user|recipient|address|mailbox)[:,]? <?{address}>?$',
  '^(?:User|Recipient|Mailbox|Address) (?:unknown|not found|does not exist|invalid)[:,]? <?{address}>?$',
  '^(?:The )?(?:user|recipient|mailbox|address|account),? <?{address}>?,? (?:is unknown|does not exist|was not found|is not known|is full|is over quota|no longer exists)',
  '^<?{address}>?:? (?:user unknown|unknown user|no such user|user not found|mailbox (?:is )?full|mailbox not found|does not exist|over quota|address unknown)',
  '^Ihre (?:Nachricht|E-?Mail) an <?{address}>? (?:konnte nicht|wurde nicht)',
  '^(?:Der Empfänger|Die Adresse|Die E-?Mail-Adresse) <?{address}>? (?:ist unbekannt|existiert nicht|wurde nicht gefunden)',
  "^(?:L['’]adresse|Le destinataire|L['’]utilisateur) <?{address}>? (?:est inconnue?|n['’]existe pas)",
  '^(?:La dirección|El destinatario|El usuario) <?{address}>? no existe',
  '^(?:Het adres|De ontvanger|Gebruiker) <?{address}>? (?:bestaat niet|is onbekend)',
].map((source) => ({ start: sentence(source) }));

/** The first sentence that names somebody. */
export const detectSentences: Detector = ({ lines }) => {
  const forms = [...BELOW, ...INSIDE];
  const found = readForms(lines, forms);
  if (found === null) return null;
  // Sentences like "user unknown" are the reason themselves.
  const said = lines.find((line) => forms.some(({ start }) => start.test(line))) ?? '';
  return found.map((recipient) => ({
    ...recipient,
    diagnostic: `${said.slice(0, 300)} ${recipient.diagnostic ?? ''}`.trim().slice(0, 1000),
  }));
};

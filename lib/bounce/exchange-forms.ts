/** Sentences that Exchange on premises and Microsoft 365 have in common, in several languages. */
import type { TextForm } from './text-form.ts';

/** What comes behind the recipients: for administrators. */
const END =
  /^(?:\*+ ?)?(?:Diagnostic information for administrators|Diagnoseinformationen für Administratoren|Informations de diagnostic pour les administrateurs|Información de diagnóstico para administradores|Diagnostische gegevens voor beheerders|管理者向けの診断情報|Error Details|Message Details|Sent by )/i;

/** Recipients or groups below one of these. */
export const FAILED_TO: readonly TextForm[] = [
  {
    start:
      /^(?:Delivery has failed to these recipients or (?:distribution lists|groups):|Fehler bei der Nachrichtenzustellung an folgende Empfänger oder (?:Verteilerlisten|Gruppen):|(?:Échec de la remise|La remise a échoué) (?:aux|à ces) destinataires .{0,40}:|Error de entrega a estos destinatarios o (?:listas de distribución|grupos):|Bezorging (?:aan|bij) de volgende (?:geadresseerden|ontvangers) of (?:distributielijsten|groepen) is mislukt:|次の受信者またはグループへの配信に失敗しました)/i,
    end: END,
    named: true,
  },
];

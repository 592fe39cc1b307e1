import t from 'tap';
import { FAILED_TO } from '../../lib/bounce/exchange-forms.ts';
import { readForms } from '../../lib/bounce/text-form.ts';

await t.test('recipients stand between the sentence and what is for administrators', async (t) => {
  for (const [start, end] of [
    ['Delivery has failed to these recipients or groups:', 'Diagnostic information for administrators:'],
    ['Delivery has failed to these recipients or distribution lists:', 'Sent by Microsoft Exchange Server'],
    [
      'Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:',
      'Diagnoseinformationen für Administratoren:',
    ],
    [
      'Échec de la remise aux destinataires suivants ou listes de distribution :',
      'Informations de diagnostic pour les administrateurs :',
    ],
    ['Error de entrega a estos destinatarios o grupos:', 'Información de diagnóstico para administradores:'],
    [
      'Bezorging aan de volgende geadresseerden of distributielijsten is mislukt:',
      'Diagnostische gegevens voor beheerders:',
    ],
    ['次の受信者またはグループへの配信に失敗しました:', '管理者向けの診断情報:'],
  ] as const) {
    const lines = ['x@y.org', start, '', 'ann@example.org', 'no', '', end, '', 'zoe@example.com'];
    const found = readForms(lines, FAILED_TO);
    t.same(found, [{ address: 'ann@example.org', status: null, diagnostic: 'no' }], start);
  }
});

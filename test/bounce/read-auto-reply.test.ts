import t from 'tap';
import { readAutoReply } from '../../lib/bounce/read-auto-reply.ts';
import { messageOf } from './message-of.ts';

const from = 'Ann <ann@example.org>';
const read = async (options: Parameters<typeof messageOf>[1]) =>
  readAutoReply(await messageOf('x', { from, ...options }));

await t.test('fields, with the null reverse-path or without', async (t) => {
  for (const sender of ['', 'ann@example.org', null]) {
    for (const field of ['Auto-Submitted: auto-replied', 'X-Autoreply: yes', 'Precedence: auto_reply'])
      t.match(
        await read({ sender, fields: [field] }),
        { kind: 'auto-reply', detector: 'auto-submitted' },
        field,
      );
  }
});

await t.test('the subject in several languages', async (t) => {
  for (const subject of [
    'Automatic reply: hello',
    'Out of Office: hello',
    'Out of Office AutoReply: hello',
    'Re: away from my mail',
    'Abwesenheitsnotiz: Hallo',
    'Automatische Antwort: Hallo',
    'Réponse automatique : bonjour',
    'Respuesta automática: hola',
    'Automatisch antwoord: hallo',
    'Risposta automatica: ciao',
    'Resposta automática: olá',
    'Autosvar: hej',
    'Автоматический ответ: привет',
    '自動応答: こんにちは',
    '自动回复: 你好',
  ]) {
    t.match(await read({ subject }), { kind: 'auto-reply', detector: 'subject' }, subject);
  }
});

await t.test('what is none', async (t) => {
  t.equal(await read({ subject: 'Automobiles' }), null);
  t.equal(await read({ subject: 'The office is out of coffee' }), null);
  t.equal(await read({ fields: ['Precedence: bulk'] }), null, 'a newsletter');
  t.equal(await read({ from: 'MAILER-DAEMON@x.org', fields: ['Auto-Submitted: auto-replied'] }), null);
  t.equal(await read({ fields: ['Auto-Submitted: auto-replied', 'X-Failed-Recipients: a@b.org'] }), null);
});

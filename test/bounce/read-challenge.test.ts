import t from 'tap';
import { readChallenge } from '../../lib/bounce/read-challenge.ts';
import { messageOf } from './message-of.ts';

const read = async (text: string, options: Parameters<typeof messageOf>[1]) =>
  readChallenge(await messageOf(text, { from: 'Ann <ann@example.org>', ...options }));

await t.test('programs by their marks', async (t) => {
  const cases: [string, string, Parameters<typeof messageOf>[1]][] = [
    ['tmda', 'x', { subject: 'Please confirm your message', fields: ['X-Delivery-Agent: TMDA/1.1'] }],
    ['tmda', 'x', { subject: 'confirm', from: 'ann-confirm-1795.12.ab@example.org' }],
    ['spamarrest', 'x', { from: 'ann@spamarrest.com' }],
    ['spamarrest', 'http://www.spamarrest.com/a2?xyz', {}],
    ['uol', 'x', { from: 'anti-spam@uol.com.br', subject: 'AntiSpam UOL' }],
    ['ask', 'x', { subject: 'Please confirm (conf#0123456789ab)' }],
    ['boxbe', 'x', { from: 'notify@boxbe.com' }],
    ['earthlink', 'my list of approved senders', { subject: 'Re: hello [suspect email]' }],
    ['mailwasher', 'Your message is being held until it is verified', {}],
    ['confirm-subject', 'x', { subject: 'Sender verification required' }],
    ['confirm-subject', 'x', { subject: 'Bitte bestätigen Sie Ihre E-Mail' }],
  ];
  for (const [detector, text, options] of cases)
    t.same(
      await read(text, options),
      { kind: 'challenge', detector },
      `${detector} ${JSON.stringify(options)}`,
    );
});

await t.test('what is none', async (t) => {
  t.equal(await read('x', { subject: 'Confirmed: supper' }), null);
  t.equal(await read('x', { subject: 'confirm', fields: ['X-Delivery-Agent: Other'] }), null);
  t.equal(await read('> http://www.spamarrest.com/a2?xyz', {}), null, 'quoted');
  const subject = 'Please confirm your message';
  t.equal(await read('x', { subject, from: 'MAILER-DAEMON@x.org' }), null, 'a server gives it back');
  t.equal(await read('x', { subject, fields: ['X-Failed-Recipients: a@b.org'] }), null);
});

import t from 'tap';
import { isFromDaemon, isFromSystem } from '../../lib/bounce/from-system.ts';
import { messageOf } from './message-of.ts';

const sender = 'ann@example.org';

await t.test('names of servers', async (t) => {
  for (const from of [
    'MAILER-DAEMON@mx.example',
    'Mail Delivery Subsystem <mailer-daemon@googlemail.com>',
    'postmaster@example.org',
    'MDaemon@example.org',
    'MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.org',
    'Mail Delivery System <noreply@example.org>',
    'System Administrator <admin@example.org>',
    'mailer-daemon+x@example.org',
  ]) {
    const message = await messageOf('', { from, sender });
    t.equal(isFromDaemon(message), true, from);
    t.equal(isFromSystem(message), true, from);
  }
});

await t.test('names of people', async (t) => {
  for (const from of [
    'Ann <ann@example.org>',
    'postmasters-friend@example.org',
    'Mail Order <shop@example.org>',
    '',
  ]) {
    const message = await messageOf('', { from, sender });
    t.equal(isFromDaemon(message), false, from);
    t.equal(isFromSystem(message), false, from);
  }
});

await t.test('other signs of a server', async (t) => {
  const from = 'Ann <ann@example.org>';
  t.equal(isFromSystem(await messageOf('', { from, sender: '' })), true, 'the null reverse-path');
  const fields = ['X-Failed-Recipients: a@b.org'];
  t.equal(isFromSystem(await messageOf('', { from, sender, fields })), true, 'a field');
  t.equal(isFromSystem(await messageOf('', { from, sender: null, fields: ['Return-Path: <>'] })), true);
  t.equal(isFromDaemon(await messageOf('', { from, sender: '' })), false, 'but no name');
});

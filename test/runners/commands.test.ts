import t from 'tap';
import { findMember } from '../../lib/list/roster.ts';
import { openCommandsRunner } from '../../lib/runners/commands.ts';
import { contextOf, entryOf, messageOf, outputsOf, servicesOf } from '../support/runner-rig.ts';
import { type SiteRig, siteRig } from '../support/site-rig.ts';

const EVE = 'eve@example.com';
const ask = (body: string, fields = '', from = `Eve <${EVE}>`) => `From: ${from}\n${fields}\n${body}\n`;

/** Addresses of the members. */
async function members(site: SiteRig): Promise<string[]> {
  return (await site.call(['member', 'ls', 'friends'])).out.split('\n').filter((line) => line !== '');
}

/** The token of the only mail that asks for one. */
function tokenIn(mails: readonly string[]): string {
  return mails.flatMap((mail) => /^Subject: confirm (\S+)\r$/m.exec(mail)?.[1] ?? [])[0] ?? '';
}

await t.test('join, confirmed by a mail to the -confirm address', async (t) => {
  const site = await siteRig(t);
  await site.inject(ask('', '', '=?utf-8?Q?Jos=C3=A9?= <eve@example.com>'), '--to', 'join', '-f', EVE);
  t.same(site.lies(), { 'commands/new': 1 });
  await site.run();
  t.same(site.lies(), {});
  const [question = '', ...more] = site.mail(EVE);
  t.equal(more.length, 0);
  const token = tokenIn([question]);
  t.match(question, `From: friends-confirm+${token}@example.org\r\n`);
  t.same(await members(site), []);

  const reply = ask('what you ask', `Subject: Re: confirm ${token}\n`);
  await site.call(['inject', `friends-confirm+${token.toUpperCase()}@example.org`], reply);
  await site.run();
  t.same(await members(site), ['"José" <eve@example.com>']);
  t.match(site.mail(EVE).join('\n'), 'Subject: Welcome to friends');
  t.match(site.mail(EVE).join('\n'), 'From: friends-owner@example.org\r\n');
});

await t.test('leave, confirmed by a reply with the token in its subject', async (t) => {
  const site = await siteRig(t, { members: [EVE] });
  await site.inject(ask('', 'Subject: unsubscribe\n'), '--to', 'request');
  await site.run();
  const token = tokenIn(site.mail(EVE));
  await site.inject(ask('> old text', `Subject: AW: confirm ${token}\n`), '--to', 'request');
  await site.run();
  t.same(await members(site), []);
  t.match(site.mail(EVE).join('\n'), 'Subject: You have left friends');
});

await t.test('help, who and unknown words are answered in one mail', async (t) => {
  const site = await siteRig(t, { members: [EVE] });
  const message = ask('who\nhelp\n', 'Subject: echo hi\nMessage-ID: <q@example.com>\n');
  await site.inject(message, '--to', 'request');
  await site.run();
  const [answer = '', ...more] = site.mail(EVE);
  t.equal(more.length, 0);
  t.match(answer, 'Subject: The results of your commands to friends');
  t.match(answer, 'In-Reply-To: <q@example.com>');
  t.match(answer, /echo: hi\r\n\r\n1 members? of friends@example\.org:[\s\S]*Commands for/);
  await site.inject(ask(''), '--to', 'request');
  await site.run();
  t.match(site.mail(EVE)[1] ?? '', 'Commands for friends-request@example.org', 'no words: help');
});

await t.test('a machine gets no answer', async (t) => {
  const site = await siteRig(t);
  const help = 'Subject: help\n';
  await site.inject(ask('', `${help}Auto-Submitted: auto-generated\n`), '--to', 'request', '-f', EVE);
  await site.inject(ask('', `${help}Precedence: bulk\n`), '--to', 'join', '-f', EVE);
  await site.inject(ask('', help), '--to', 'request', '-f', '');
  await site.inject('Subject: help\n\n', '--to', 'request');
  await site.run();
  t.same(site.lies(), {});
  t.same(site.mail(EVE), []);
});

await t.test('the same command in subject and text is asked for once', async (t) => {
  const site = await siteRig(t);
  await site.inject(ask('subscribe', 'Subject: subscribe\n'), '--to', 'request');
  await site.run();
  t.equal(site.mail(EVE).length, 1);
});

await t.test('a repeat of the same entry gives the same token and the same outputs', async (t) => {
  const services = await servicesOf(t);
  const entry = entryOf(ask('', 'Subject: join\n'), { role: 'request', sender: EVE }, { queue: 'commands' });
  const first = await openCommandsRunner(services).run(entry, contextOf());
  const second = await openCommandsRunner(services).run(entry, contextOf());
  t.same(second, first);
  const [letter] = outputsOf(first);
  const token = tokenIn([await messageOf(entry, letter)]);

  const reply = entryOf(ask(''), { role: 'confirm', extension: token }, { id: `${entry.id.slice(0, -1)}1` });
  const confirmed = await openCommandsRunner(services).run(reply, contextOf());
  t.same(await openCommandsRunner(services).run(reply, contextOf()), confirmed, 'not "unknown token"');
  t.match(await messageOf(reply, outputsOf(confirmed)[0]), 'Welcome');
  t.ok(findMember(services.db, 'friends@example.org', EVE));
  await openCommandsRunner(services).close?.();
});

await t.test('a huge mail is not read for commands', async (t) => {
  const services = await servicesOf(t);
  const big = entryOf(ask('help\n'.repeat(300_000)), { role: 'request' });
  const verdict = await openCommandsRunner(services).run(big, contextOf());
  t.match(verdict, { kind: 'done', note: 'help' });
});

import t from 'tap';
import { DEFAULT_BOUNCES } from '../../lib/config/bounce-settings.ts';
import { unrecognised } from '../../lib/runners/unrecognised.ts';
import { entryOf, outputsOf } from '../support/runner-rig.ts';
import { listSettings } from '../support/settings.ts';
import { siteRig } from '../support/site-rig.ts';

const OLGA = 'olga@example.org';

await t.test('a person’s mail and what nobody can read go to the owners', async (t) => {
  for (const sender of ['eve@example.com', '', null]) {
    const entry = entryOf('From: eve@example.com\nSubject: hello\n\nx\n', { role: 'bounces', sender });
    const verdict = await unrecognised(listSettings(), entry);
    t.match(outputsOf(verdict), [{ queue: 'out', meta: { sender: '', recipients: [OLGA] } }], String(sender));
  }
});

await t.test('if the list says so', async (t) => {
  const list = listSettings({ bounces: { ...DEFAULT_BOUNCES, unrecognised: 'discard' } });
  const entry = entryOf('From: eve@example.com\n\n', { role: 'bounces' });
  t.match(await unrecognised(list, entry), { outputs: [], note: 'no bounce, discarded' });
});

await t.test('nothing goes round', async (t) => {
  const cases: [name: string, head: string, sender: string, note: string][] = [
    ['from -bounces', '', 'friends-bounces+ann=example.com@example.org', 'discard loop'],
    ['from -owner', '', 'Friends-Owner@example.org', 'discard loop'],
    ['written by the list', 'From: Friends <friends-owner@example.org>\n', OLGA, 'discard loop'],
    ['a post', 'X-BeenThere: friends@example.org\n', 'eve@example.com', 'discard loop'],
    ['mail to the owners', 'X-BeenThere: friends-owner@example.org\n', '', 'discard loop'],
    ['with the list’s id', 'List-Id: Tea <friends.example.org>\n', 'eve@example.com', 'discard loop'],
    ['generated', 'Auto-Submitted: auto-generated\n', 'eve@example.com', 'discard automatic: generated'],
    ['in bulk', 'Precedence: bulk\n', 'eve@example.com', 'discard automatic: bulk'],
  ];
  for (const [name, head, sender, note] of cases) {
    const verdict = await unrecognised(listSettings(), entryOf(`${head}\nx\n`, { role: 'bounces', sender }));
    t.match(verdict, { kind: 'done', outputs: [], note }, name);
  }
});

/** What the owner's mail server makes of a mail; `broken` ones answer to the null reverse-path, too. */
const PARTNERS: readonly {
  readonly name: string;
  readonly broken: boolean;
  readonly answer: (mail: string) => { readonly message: string; readonly sender: string };
}[] = [
  { name: 'sends it back', broken: true, answer: (message) => ({ message, sender: OLGA }) },
  { name: 'sends it back as a bounce', broken: true, answer: (message) => ({ message, sender: '' }) },
  {
    name: 'answers with a bounce nobody can read',
    broken: false,
    answer: () => ({ message: 'Subject: no\n\nsorry\n', sender: '' }),
  },
  {
    name: 'answers without any mark',
    broken: false,
    answer: () => ({ message: `From: ${OLGA}\nSubject: away\n\n`, sender: OLGA }),
  },
];

await t.test('ping-pong with the owner’s mail server', async (t) => {
  for (const { name, broken, answer } of PARTNERS) {
    for (const role of ['bounces', 'owner']) {
      const site = await siteRig(t, { members: ['ann@example.org'] });
      await site.inject('From: eve@example.com\nSubject: ping\n\nx\n', '--to', role, '-f', '');
      let answered = 0;
      for (let round = 0; round < 5; round++) {
        await site.run();
        for (const mail of site.mail(OLGA).slice(answered)) {
          answered++;
          if (!broken && mail.startsWith('Return-Path: <>')) continue;
          const { message, sender } = answer(mail);
          await site.inject(message, '--to', role, '-f', sender);
        }
      }
      t.equal(site.mail(OLGA).length, 1, `${role}: ${name}`);
      t.same(site.lies(), {}, 'and nothing is left');
    }
  }
});

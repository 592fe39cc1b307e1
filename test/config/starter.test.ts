import { chmodSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { parse } from 'yaml';
import { loadConfiguration } from '../../lib/config/load.ts';
import {
  type ListAnswers,
  type SiteAnswers,
  starterList,
  starterSite,
  yamlText,
} from '../../lib/config/starter.ts';

const answers = {
  domain: 'lists.example.org',
  owner: 'ada@example.org',
  spool: '/srv/spool',
  state: '/srv/state',
};
const list = { owners: ['ada@example.org'], description: 'Talk' };

/** Loads a site of these two texts. */
async function load(t: Test, site: string, listText: string) {
  const dir = t.testdir({
    'qrunner.yaml': site,
    'to-chat': '#!/bin/sh\n',
    'to-index.js': '',
    'smtp-password': 'x',
    lists: { 'dev.yaml': listText },
  });
  chmodSync(path.join(dir, 'to-chat'), 0o755);
  chmodSync(path.join(dir, 'smtp-password'), 0o600);
  const { configuration, problems } = await loadConfiguration(path.join(dir, 'qrunner.yaml'));
  t.same(problems, []);
  if (!configuration) throw new Error('the starter has mistakes');
  return configuration;
}

/** Switches on every setting that is switched off. */
const switchOn = (text: string) => text.replace(/^#(?! \S|$)/gm, '');

/** Every key of the first level, switched on or off. */
const keys = (text: string) =>
  Object.keys(parse(switchOn(text).replace(/^transport:\n {2}type: maildir\n/m, '')));

await t.test('a new site and a new list check clean', async (t) => {
  const { site, lists } = await load(t, starterSite(answers), starterList(list));
  t.match(site, {
    ...answers,
    archive: '/srv/state/archive',
    transport: { type: 'maildir', path: '/srv/state/maildir' },
  });
  t.match(lists.get('dev@lists.example.org'), { ...list, subjectPrefix: '[dev] ' });
});

await t.test('what is switched off shows the default', async (t) => {
  const plain = await load(t, starterSite(answers), starterList(list));
  // The section transport cannot be there twice; it has its own test below.
  const text = starterSite(answers).replace(/^#transport:\n(#.*\n)+/m, '');
  const { site, lists } = await load(t, switchOn(text), switchOn(starterList(list)));
  t.same(site.retention, { shunt: 90 * 86_400_000, bad: 90 * 86_400_000, held: 90 * 86_400_000 });
  t.equal(site.systemd.lmtpSocket, '/run/qrunner/lmtp.sock', 'where it is when nothing is said');
  t.same(
    {
      ...site,
      routes: {},
      news: null,
      queues: {},
      retention: plain.site.retention,
      systemd: { ...site.systemd, lmtpSocket: null },
    },
    plain.site,
  );
  t.match(site.news, { host: 'news.example.org', port: 119, tls: 'never', timeoutMs: 60_000 });
  t.match(site.routes, {
    'partner.example': { host: 'mail.partner.example' },
    '.intern.example': { type: 'lmtp' },
  });
  t.same(Object.keys(site.queues), ['to-chat', 'to-index']);
  const examples = {
    subjectPrefix: '[name] ',
    messageSize: 1_048_576,
    archiveUrl: 'https://lists.example.org/archive',
    newsgroup: 'comp.lang.misc',
    retry: { ...plain.site.retry, giveUpMs: 2 * 86_400_000, warnMs: 4 * 3_600_000 },
  };
  t.same(lists.get('dev@lists.example.org'), { ...plain.lists.get('dev@lists.example.org'), ...examples });
});

await t.test('every key is shown', async (t) => {
  t.same(keys(starterSite(answers)).sort(), [
    'archive',
    'bounces',
    'domain',
    'limits',
    'lists',
    'news',
    'owner',
    'queues',
    'retention',
    'retry',
    'routes',
    'spool',
    'state',
    'systemd',
    'transport',
  ]);
  t.same(keys(starterList(list)).sort(), [
    'archive',
    'archive_url',
    'bounces',
    'copy_to',
    'description',
    'message_size',
    'newsgroup',
    'owners',
    'posting',
    'reply_to',
    'retry',
    'roster',
    'subject_prefix',
    'subscribe',
    'verp',
  ]);
});

await t.test('the example of a transport works', async (t) => {
  const text = switchOn(starterSite(answers).replace(/^transport:\n {2}type: maildir\n/m, ''));
  const { site } = await load(t, text, starterList(list));
  t.match(site.transport, {
    type: 'smtp',
    host: 'mail.example.org',
    port: 587,
    tls: 'required',
    connections: 4,
    messageSize: 10_485_760,
    dsn: true,
  });
  const plain = await load(
    t,
    starterSite({ ...answers, transport: { type: 'smtp', host: 'a' } }),
    starterList(list),
  );
  t.same(
    'timeouts' in site.transport && site.transport.timeouts,
    'timeouts' in plain.site.transport && plain.site.transport.timeouts,
    'the patience shown is the default',
  );
});

await t.test('other transports', async (t) => {
  const transports: [SiteAnswers['transport'] & object, object][] = [
    [
      { type: 'smtp', host: 'mail.example.org' },
      { host: 'mail.example.org', port: 25 },
    ],
    [
      { type: 'smtp', host: '::1', port: 2525 },
      { host: '::1', port: 2525 },
    ],
    [{ type: 'lmtp', socket: '/run/a b: c' }, { socket: '/run/a b: c' }],
  ];
  for (const [transport, wanted] of transports) {
    const { site } = await load(t, starterSite({ ...answers, transport }), starterList(list));
    t.match(site.transport, wanted);
  }
});

await t.test('whatever text is put in comes out again', async (t) => {
  const nasty: ListAnswers['description'][] = [
    '',
    ' ',
    'yes',
    'null',
    '2024',
    '1e3',
    '~',
    '- a',
    'a: b',
    'a # b',
    '#a',
    '"',
    "it's",
    '\\',
    '{a}',
    '[a]',
    '*a',
    '&a',
    '!a',
    '@a',
    '%a',
    '| a',
    '> a',
    '---',
    '...',
    'Grüße 👋',
    'trailing ',
    ': a',
    'a:',
    '?',
    '\u2028',
    'a\u00a0b',
  ];
  for (const description of nasty) {
    t.equal(parse(`a: ${yamlText(description)}\n`).a, description, yamlText(description));
    const { lists } = await load(
      t,
      starterSite({ ...answers, spool: `/srv/${description}x` }),
      starterList({ ...list, description }),
    );
    t.equal(lists.get('dev@lists.example.org')?.description, description);
  }
  for (const text of ['a\nb: c', '\t', '\u0000', '\u0085', '\u007f', 'a\r\n']) {
    t.equal(parse(`a: ${yamlText(text)}\n`).a, text, yamlText(text));
  }
  t.equal(yamlText('ada@example.org'), 'ada@example.org', 'what is plain stays readable');
  t.equal(yamlText('/var/spool/qrunner'), '/var/spool/qrunner');
});

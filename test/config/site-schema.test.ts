import t from 'tap';
import { DEFAULT_BOUNCES } from '../../lib/config/bounce-settings.ts';
import type { Site } from '../../lib/config/site.ts';
import { siteSchema } from '../../lib/config/site-schema.ts';
import { judged } from './mistakes.ts';

const file = '/etc/qrunner/qrunner.yaml';
const least = { domain: 'Lists.Example.ORG', owner: 'ada@example.org' };
const site = (data: object) => judged<Site>(siteSchema(file), { ...least, ...data });

await t.test('everything but domain and owner has a default', async (t) => {
  t.same(site({}), {
    file,
    domain: 'lists.example.org',
    owner: 'ada@example.org',
    spool: '/var/spool/qrunner',
    state: '/var/lib/qrunner',
    lists: '/etc/qrunner/lists',
    archive: '/var/lib/qrunner/archive',
    transport: { type: 'maildir', path: '/var/lib/qrunner/maildir' },
    routes: {},
    news: null,
    limits: { messageSize: 52_428_800, recipients: 100, connections: 20, failures: 12 },
    retry: { firstMs: 300_000, maxMs: 14_400_000, giveUpMs: 432_000_000, warnMs: null },
    bounces: DEFAULT_BOUNCES,
    retention: { shunt: null, bad: null, held: null },
    queues: {},
    systemd: {
      user: 'list',
      group: 'list',
      sweepMs: 300_000,
      lmtp: true,
      lmtpSocket: null,
      lmtpGroup: 'list',
    },
  } satisfies Site);
});

await t.test('what is set is taken', async (t) => {
  t.match(site({ retention: { shunt: '30d' } }), { retention: { shunt: 30 * 86_400_000, bad: null } });
  t.match(site({ spool: 'spool', state: '/srv/state' }), {
    spool: '/etc/qrunner/spool',
    archive: '/srv/state/archive',
    transport: { path: '/srv/state/maildir' },
  });
  t.match(site({ archive: '/srv/archive', transport: { type: 'maildir', path: 'out' } }), {
    archive: '/srv/archive',
    transport: { path: '/etc/qrunner/out' },
  });
  t.match(site({ transport: { type: 'smtp' }, news: { host: 'n' } }), {
    transport: { port: 25 },
    news: { port: 119 },
  });
  t.match(site({ limits: { message_size: '1MB' }, retry: { first: '1m' }, bounces: { threshold: 2 } }), {
    limits: { messageSize: 1_048_576, recipients: 100 },
    retry: { firstMs: 60_000, maxMs: 14_400_000 },
    bounces: { ...DEFAULT_BOUNCES, threshold: 2 },
  });
});

await t.test('what a transport leaves to the site', async (t) => {
  const routes = {
    'Partner.Example': { type: 'smtp', recipients: 10 },
    '.intern.example': { type: 'maildir' },
    'bücher.example': { type: 'mx' },
  };
  t.match(site({ transport: { type: 'lmtp' }, routes, limits: { recipients: 7 }, state: '/s' }), {
    transport: { recipients: 7 },
    routes: {
      'partner.example': { type: 'smtp', recipients: 10 },
      '.intern.example': { type: 'maildir', path: '/s/maildir' },
      'xn--bcher-kva.example': { type: 'mx', recipients: 7 },
    },
  });
});

await t.test('a section with nothing in it is as if it were not there', async (t) => {
  const empty = {
    transport: null,
    routes: null,
    news: null,
    limits: null,
    retry: null,
    bounces: null,
    queues: null,
    systemd: null,
  };
  t.same(site(empty), site({}));
});

await t.test('mistakes in every corner, all at once', async (t) => {
  t.same(
    judged(siteSchema(file), { spoool: '/x', owner: 'ada', limits: { failures: 0 }, retry: { give_up: 5 } }),
    [
      'domain: found no key "domain", which must be there | add domain: lists.example.org',
      'owner: found "ada", wanted an address such as ada@example.org | write name@domain and nothing else',
      'limits.failures: found 0, wanted a whole number from 1 to 100 | write a number from 1 to 100',
      'retry.give_up: found 5, wanted a duration such as 90s, 5m, 4h or 5d | write the unit behind the number: 5s, 5m, 5h or 5d',
      `spoool: found the key "spoool", wanted one of ${Object.keys(siteSchema(file).pipe[0].pipe[1].entries).join(', ')} | write spool`,
    ],
  );
});

/** Settings of a site and a list as the configuration gives them, for tests without files. */
import { DEFAULT_BOUNCES } from '../../lib/config/bounce-settings.ts';
import type {
  Configuration,
  ListSettings,
  ServerSettings,
  Site,
  SmtpTimeouts,
} from '../../lib/config/site.ts';

const RETRY = { firstMs: 5 * 60_000, maxMs: 4 * 3_600_000, giveUpMs: 5 * 86_400_000, warnMs: null };

/** The same patience for each step, milliseconds; goodbye gets at most two seconds. */
export function timeoutsOf(ms: number): SmtpTimeouts {
  return {
    connectMs: ms,
    greetingMs: ms,
    helloMs: ms,
    mailMs: ms,
    rcptMs: ms,
    dataMs: ms,
    blockMs: ms,
    finalMs: ms,
    quitMs: Math.min(ms, 2_000),
  };
}

/** A server on 127.0.0.1, in the clear and with short patience; else the defaults of the configuration. */
export function serverSettings(changes: Partial<ServerSettings> = {}): ServerSettings {
  return {
    type: 'smtp',
    host: '127.0.0.1',
    port: 25,
    socket: null,
    tls: 'never',
    auth: null,
    timeouts: timeoutsOf(5_000),
    connections: 4,
    recipients: 100,
    messageSize: null,
    dsn: true,
    schedule: null,
    ...changes,
  };
}

/** The list friends@example.org with the defaults of the configuration. */
export function listSettings(changes: Partial<ListSettings> = {}): ListSettings {
  return {
    file: '/nowhere/lists/friends.yaml',
    name: 'friends',
    domain: 'example.org',
    address: 'friends@example.org',
    description: 'Friends of tea',
    owners: ['olga@example.org'],
    subjectPrefix: '[friends] ',
    posting: { members: 'accept', nonmembers: 'hold' },
    subscribe: 'confirm',
    roster: 'members',
    replyTo: 'author',
    messageSize: 1024 * 1024,
    archive: true,
    archiveUrl: null,
    verp: 'never',
    retry: RETRY,
    bounces: DEFAULT_BOUNCES,
    newsgroup: null,
    copyTo: [],
    ...changes,
  };
}

/** A site below `dir` with the defaults of the configuration. */
export function siteSettings(dir: string, changes: Partial<Site> = {}): Site {
  return {
    file: `${dir}/qrunner.yaml`,
    domain: 'example.org',
    owner: 'ada@example.org',
    spool: `${dir}/spool`,
    state: `${dir}/state`,
    lists: `${dir}/lists`,
    archive: `${dir}/state/archive`,
    transport: { type: 'maildir', path: `${dir}/mail` },
    routes: {},
    news: null,
    limits: { messageSize: 50 * 1024 * 1024, recipients: 100, connections: 20, failures: 12 },
    retry: RETRY,
    bounces: DEFAULT_BOUNCES,
    retention: { shunt: null, bad: null, held: null },
    queues: {},
    systemd: {
      user: 'list',
      group: 'list',
      sweepMs: 5 * 60_000,
      lmtp: true,
      lmtpSocket: null,
      lmtpGroup: 'list',
    },
    ...changes,
  };
}

/** A configuration of one site with these lists. */
export function configurationOf(site: Site, ...lists: readonly ListSettings[]): Configuration {
  return { site, lists: new Map(lists.map((list) => [list.address, list])) };
}

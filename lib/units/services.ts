/**
 * The services: a run over everything, a run over one queue, the periodic jobs, the LMTP intake.
 *
 * None has a Condition…= or an ExecCondition=, and none lists an exit status as one not to restart on: both would make
 * systemd start it over and over while the watched directory is not empty, or give the path unit up.
 */
import { credentialName } from '../config/credential-name.ts';
import type { Credentials, Site } from '../config/site.ts';
import { transportsOf } from '../config/transports-of.ts';
import { commandLine, literal, word } from './escape.ts';
import { type UnitPlan, writablePaths } from './plan.ts';
import { sandboxLines } from './sandbox.ts';
import { type Line, unitText } from './unit-text.ts';

const NO_LIMIT: Line = [
  'StartLimitIntervalSec',
  '0',
  'With the default limit of systemd the sixth start within ten seconds would be the last.',
];

const RESTART: readonly Line[] = [
  [
    'Restart',
    'on-failure',
    'Trouble (75) and a wrong configuration (78) leave mail where the path unit sees it: this paces the next try.',
  ],
  ['RestartSec', '30s'],
];

/** How long a run waits for another one, started by a person, to end. Then it is restarted, and waits again. */
const WAIT = '--wait=10m';

/** A oneshot that works on the spool. */
type Run = {
  readonly description: string;
  readonly arguments: readonly string[];
  /** The queue it is for, or `null` for all of them. */
  readonly queue: string | null;
  readonly network: boolean;
  readonly wants: readonly string[];
};

/** `Section Unit` lines that all services have. */
function head(plan: UnitPlan, description: string): Line[] {
  const { name, site, manager } = plan;
  const lines: Line[] = [
    ['Description', literal(description)],
    ['Documentation', 'man:qrunner(1)'],
    ['PartOf', `${name}.target`],
  ];
  if (manager === 'system') {
    const paths = writablePaths(site, null).map(word).join(' ');
    lines.push([
      'RequiresMountsFor',
      paths,
      'A spool of its own disk is used only when that is mounted: mail must not go below the mount point.',
    ]);
  }
  return lines;
}

/** Who it is, and where it writes. */
function identity({ name, site, manager }: UnitPlan, writes: readonly string[]): Line[] {
  const { user, group } = site.systemd;
  const account: Line[] = [
    ['User', user],
    ['Group', group],
  ];
  return [
    ...(manager === 'system' ? account : []),
    ['UMask', '0077', 'What the mail server’s user must reach has its mode whatever the umask.'],
    ['CacheDirectory', name, 'The checked configuration is kept here; it spares most of a start.'],
    ['CacheDirectoryMode', '0700'],
    [
      'ReadWritePaths',
      writes.map((path) => word(`-${path}`)).join(' '),
      'With “-” a directory that is missing is told by the program, not by a failure of systemd (226).',
    ],
  ];
}

/** A password of the configuration that systemd hands over. */
function credentials(site: Site, queue: string | null): Line[] {
  const { news } = site;
  const wanted: (Credentials | null)[] = [];
  for (const transport of queue === null || queue === 'out' ? transportsOf(site) : []) {
    if ('auth' in transport) wanted.push(transport.auth);
  }
  if (news && (queue === null || queue === 'news')) wanted.push(news.auth);
  const names = wanted.flatMap((auth) => credentialName(auth?.passwordFile ?? '') ?? []);
  return [...new Set(names)].map((name): Line => {
    return [
      'LoadCredential',
      `${name}:%E/credstore/${name}`,
      `For password_file: credential:${name}. The file may belong to root, mode 0600.`,
    ];
  });
}

function runService(plan: UnitPlan, run: Run): string {
  const { exec, site, name } = plan;
  const after: Line | null =
    run.network && plan.manager === 'system' ? ['After', 'network.target nss-lookup.target'] : null;
  return unitText([
    [
      'Unit',
      [
        ...head(plan, run.description),
        after,
        [
          'Wants',
          run.wants.map((queue) => `${queue}.path`).join(' '),
          `Arms a path unit again that failed. To stop it for good, stop all: systemctl stop ${name}.target`,
        ],
        NO_LIMIT,
      ],
    ],
    [
      'Service',
      [
        ['Type', 'oneshot'],
        ['ExecStart', commandLine([...exec, '--config', site.file, ...run.arguments])],
        [
          'TimeoutStartSec',
          '1h',
          'A oneshot has no limit unless it is set. A run that reaches it is told to end, and the next one goes on.',
        ],
        ['TimeoutStopSec', '45s', 'A run that is told to end has done so after 20 s.'],
        ['KillMode', 'mixed', 'A run ends its own commands; killed by others they would count as failed.'],
        ...RESTART,
        ...identity(plan, writablePaths(site, run.queue)),
        ...credentials(site, run.queue),
        ...sandboxLines(plan, { network: run.network }),
      ],
    ],
  ]);
}

/** NAME.service: drains all queues. `pathUnits`: names, without `.path`, of what is armed again. */
export function wholeRunService(plan: UnitPlan, pathUnits: readonly string[]): string {
  const watched = plan.shape === 'single';
  return runService(plan, {
    description: watched ? `Drain the mail queues (${plan.name})` : `Sweep the mail queues (${plan.name})`,
    // Nothing watched leads to a sweep, so it need not wait: a queue that is worked on is in good hands.
    arguments: watched ? ['--all', '--once', WAIT] : ['--all', '--once'],
    queue: null,
    network: true,
    wants: pathUnits,
  });
}

/** NAME-queue-QUEUE.service: drains one queue. Only out, news and the site's own queues get a network. */
export function queueService(plan: UnitPlan, queue: string, unit: string): string {
  return runService(plan, {
    description: `Drain the mail queue ${queue} (${plan.name})`,
    arguments: ['--runner', queue, '--once', WAIT],
    queue,
    network: queue === 'out' || queue === 'news' || Object.hasOwn(plan.site.queues, queue),
    wants: [unit],
  });
}

/** NAME-periodic.service: what is due every day or so. Nothing watched leads to it, and its timer is its restart. */
export function periodicService(plan: UnitPlan): string {
  const { site, exec } = plan;
  return unitText([
    ['Unit', head(plan, `Periodic jobs of the mailing lists (${plan.name})`)],
    [
      'Service',
      [
        ['Type', 'oneshot'],
        ['ExecStart', commandLine([...exec, '--config', site.file, 'periodic'])],
        ['TimeoutStartSec', '1h', 'A oneshot has no limit unless it is set.'],
        ['TimeoutStopSec', '45s'],
        ...identity(plan, writablePaths(site, null)),
        ...sandboxLines(plan, { network: false }),
      ],
    ],
  ]);
}

/** NAME-lmtp.service: takes mail in from the socket it inherits, and ends when nobody has called for some seconds. */
export function lmtpService(plan: UnitPlan): string {
  const { site, exec, name } = plan;
  const socket = `${name}-lmtp.socket`;
  return unitText([
    [
      'Unit',
      [
        ...head(plan, `LMTP intake of the mailing lists (${name})`),
        ['Requires', socket],
        ['After', socket],
        NO_LIMIT,
      ],
    ],
    [
      'Service',
      [
        ['Type', 'exec'],
        ['ExecStart', commandLine([...exec, '--config', site.file, 'lmtp'])],
        ['TimeoutStopSec', '45s'],
        [
          'Restart',
          'on-failure',
          'Clients wait in the socket’s queue meanwhile; without a pause the socket unit would be given up.',
        ],
        ['RestartSec', '2s'],
        ...identity(plan, writablePaths(site, 'in')),
        ...sandboxLines(plan, { network: false }),
      ],
    ],
  ]);
}

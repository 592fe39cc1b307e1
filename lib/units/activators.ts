/** What starts the services: path units, timers, the socket; and the target that holds them together. */
import { join } from 'node:path';
import { literal } from './escape.ts';
import type { UnitPlan } from './plan.ts';
import { rememberedSection } from './remembered.ts';
import { type Line, unitText } from './unit-text.ts';

function head({ name }: UnitPlan, description: string): Line[] {
  return [
    ['Description', literal(`${description} (${name})`)],
    ['Documentation', 'man:qrunner(1)'],
    ['PartOf', `${name}.target`, `One word stops and starts all of it: systemctl stop ${name}.target`],
  ];
}

function install({ name }: UnitPlan): [string, Line[]] {
  return ['Install', [['WantedBy', `${name}.target`]]];
}

/** Seconds as systemd takes them; parts of a second are rounded up. */
function seconds(ms: number): string {
  return `${Math.ceil(ms / 1000)}s`;
}

/** X.path: starts X.service while `directory` holds something. */
export function pathUnit(plan: UnitPlan, description: string, directory: string): string {
  return unitText([
    [
      'Unit',
      [
        ...head(plan, description),
        [
          'StartLimitIntervalSec',
          '0',
          'Else a path unit that failed could be refused when it is armed again.',
        ],
      ],
    ],
    [
      'Path',
      [
        [
          'DirectoryNotEmpty',
          literal(directory),
          'PathChanged= would lose mail that comes while the service runs. Each directory more costs each start some 10 ms.',
        ],
      ],
    ],
    install(plan),
  ]);
}

/** NAME.path: on the bells. */
export function bellPath(plan: UnitPlan): string {
  return pathUnit(plan, 'Wake for new mail', join(plan.site.spool, 'bell'));
}

/** NAME-queue-QUEUE.path: on what a queue has accepted. */
export function queuePath(plan: UnitPlan, queue: string): string {
  return pathUnit(plan, `Wake for new mail in ${queue}`, join(plan.site.spool, queue, 'new'));
}

/** NAME-sweep.timer: retries, bells that were lost, file systems without inotify, path units that failed. */
export function sweepTimer(plan: UnitPlan): string {
  const period = seconds(plan.site.systemd.sweepMs);
  return unitText([
    ['Unit', head(plan, 'Sweep the mail queues')],
    [
      'Timer',
      [
        ['Unit', `${plan.name}.service`],
        ['OnBootSec', '1min', 'Takes up what a power cut left.'],
        ['OnActiveSec', period, 'The next line counts from the end of a run, so a first one is needed.'],
        ['OnUnitInactiveSec', period],
        ['AccuracySec', '5s'],
      ],
    ],
    install(plan),
  ]);
}

/** NAME-periodic.timer: looks once in an hour whether a job is due; the jobs know when they last ran. */
export function periodicTimer(plan: UnitPlan): string {
  return unitText([
    ['Unit', head(plan, 'Look whether a periodic job of the mailing lists is due')],
    [
      'Timer',
      [
        ['OnBootSec', '10min'],
        ['OnActiveSec', '10min', 'The next line counts from the end of a look, so a first one is needed.'],
        [
          'OnUnitInactiveSec',
          '1h',
          'Not OnCalendar=: what was missed while the computer was off is due at the next look.',
        ],
        ['AccuracySec', '1min'],
      ],
    ],
    install(plan),
  ]);
}

/** NAME-lmtp.socket: waits for mail servers and starts the service. `path` as units write it. */
export function lmtpSocketUnit(plan: UnitPlan, path: string): string {
  const { user, lmtpGroup } = plan.site.systemd;
  const owner: Line[] = [
    ['SocketUser', user],
    ['SocketGroup', lmtpGroup, 'The mail server’s group; lmtp_group of qrunner.yaml.'],
  ];
  return unitText([
    ['Unit', head(plan, 'Socket of the LMTP intake')],
    [
      'Socket',
      [
        ['ListenStream', path],
        ['Accept', 'no', 'One process for a burst of calls. One for each would drop calls above a limit.'],
        ...(plan.manager === 'system' ? owner : []),
        ['SocketMode', '0660'],
        ['Backlog', '256'],
        ['RemoveOnStop', 'yes'],
      ],
    ],
    install(plan),
  ]);
}

/** NAME.target: one word for everything. */
export function target(plan: UnitPlan): string {
  return unitText([
    [
      'Unit',
      [
        ['Description', literal(`Mailing lists (${plan.name})`)],
        ['Documentation', 'man:qrunner(1)'],
      ],
    ],
    ['Install', [['WantedBy', plan.manager === 'system' ? 'multi-user.target' : 'default.target']]],
    rememberedSection(plan),
  ]);
}

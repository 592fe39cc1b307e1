/** What `systemctl show` says of a unit, as values. */
import { type Call, systemctl } from './manager.ts';
import type { UnitPlan } from './plan.ts';

/** One unit as its manager sees it. */
export type UnitState = {
  readonly name: string;
  /** `loaded`, `not-found`, `masked`, `error`, … */
  readonly load: string;
  /** `active`, `inactive`, `failed`, `activating`, … and the finer word behind it. */
  readonly active: string;
  readonly sub: string;
  /** `enabled`, `disabled`, `static`, …; `''` when it has no file. */
  readonly enabled: string;
  /** How it last ended: `success`, `exit-code`, `signal`, `timeout`, …; `''` for units that do not end. */
  readonly result: string;
  /** Exit status, or number of the signal, of the last process; `null` for none. */
  readonly status: number | null;
  /** When that was, milliseconds since the epoch; `null` for never. */
  readonly endedAt: number | null;
  /** When a timer elapses next, milliseconds since the epoch; `null` for no timer and never. */
  readonly nextAt: number | null;
  /** Its file has changed and systemd has not read it yet. */
  readonly outdated: boolean;
  /** Paths of drop-ins. */
  readonly dropIns: readonly string[];
};

const PROPERTIES = [
  'Id',
  'LoadState',
  'ActiveState',
  'SubState',
  'UnitFileState',
  'Result',
  'ExecMainStatus',
  'ExecMainExitTimestamp',
  'NextElapseUSecMonotonic',
  'NextElapseUSecRealtime',
  'NeedDaemonReload',
  'DropInPaths',
];

const SPAN_MS: Readonly<Record<string, number>> = {
  y: 31_557_600_000,
  month: 2_629_800_000,
  w: 604_800_000,
  d: 86_400_000,
  h: 3_600_000,
  min: 60_000,
  s: 1_000,
  ms: 1,
  us: 0.001,
};

/** Milliseconds of `1h 2min 3.5s` as systemd writes spans, systemd.time(7); `null` for what is none. */
export function parseSpan(text: string): number | null {
  const words = text.split(' ');
  let ms = 0;
  for (const word of words) {
    const [, count, unit = ''] = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(word) ?? [];
    const each = SPAN_MS[unit];
    if (count === undefined || each === undefined) return null;
    ms += Number(count) * each;
  }
  return ms;
}

/** Milliseconds since the epoch of `Tue 2026-11-24 19:32:04 UTC`; `null` for none. */
export function parseStamp(text: string): number | null {
  const [, date] = /^\w{3} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? UTC)$/.exec(text) ?? [];
  return date === undefined ? null : Date.parse(date.replace(' ', 'T').replace(' UTC', 'Z'));
}

/** The clocks at one moment, milliseconds. */
export type Clocks = { readonly now: number; readonly sinceBoot: number };

/** Reads what `systemctl show` printed for several units, with TZ=UTC. */
export function parseShow(text: string, { now, sinceBoot }: Clocks): UnitState[] {
  return text
    .split(/\n\n+/)
    .filter((block) => block.trim() !== '')
    .map((block) => {
      const values = new Map(
        block
          .trim()
          .split('\n')
          .map((line): [string, string] => {
            const at = line.indexOf('=');
            return [line.slice(0, at), line.slice(at + 1)];
          }),
      );
      const value = (key: string) => values.get(key) ?? '';
      const endedAt = parseStamp(value('ExecMainExitTimestamp'));
      const elapse = parseSpan(value('NextElapseUSecMonotonic'));
      return {
        name: value('Id'),
        load: value('LoadState'),
        active: value('ActiveState'),
        sub: value('SubState'),
        enabled: value('UnitFileState'),
        result: value('Result'),
        status: endedAt === null ? null : Number(value('ExecMainStatus')),
        endedAt,
        nextAt:
          elapse === null
            ? parseStamp(value('NextElapseUSecRealtime'))
            : Math.round(now - sinceBoot + elapse),
        outdated: value('NeedDaemonReload') === 'yes',
        dropIns: value('DropInPaths') === '' ? [] : value('DropInPaths').split(' '),
      };
    });
}

/** Asks the manager about these units. @throws ExpectedError when systemctl cannot be run */
export function unitStates(
  call: Call,
  manager: UnitPlan['manager'],
  names: readonly string[],
  clocks: Clocks = { now: Date.now(), sinceBoot: Number(process.hrtime.bigint() / 1_000_000n) },
): UnitState[] {
  const { out } = systemctl(call, manager, ['show', `--property=${PROPERTIES.join(',')}`, '--', ...names]);
  return parseShow(out, clocks);
}

/**
 * Takes units out of force and away: stop, disable, remove.
 *
 * Promises: only files with our marker go; one that was changed by hand stays unless `force` is said; drop-ins, the
 * user, the directories and all mail stay.
 */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { Compared } from './compare.ts';
import { type Call, systemctl } from './manager.ts';
import { isActivator, type UnitPlan } from './plan.ts';
import { applyFiles } from './write-files.ts';

/** What is removed, and how. */
export type Removal = {
  readonly manager: UnitPlan['manager'];
  /** Everything of ours that lies there, compared with nothing. */
  readonly compared: readonly Compared[];
  readonly force: boolean;
  /** `null`: only the files, for a packager's directory. */
  readonly call: Call | null;
  readonly tell: (sentence: string) => void;
};

/** Removes. Returns what went wrong on the way, a sentence each; it goes on all the same. */
export function removeUnits({ manager, compared, force, call, tell }: Removal): string[] {
  const wrong: string[] = [];
  const units = compared.filter(({ kind }) => kind === 'unit').map(({ name }) => name);
  const control = (args: readonly string[]) => {
    if (call === null) return;
    const { status, err } = systemctl(call, manager, args);
    if (status !== 0) wrong.push(`systemctl ${args[0]}: ${err.trim().replace(/\s*\n\s*/g, '; ')}`);
  };
  if (units.length > 0) {
    // In one call: a service that is stopped while its path unit still watches is started again.
    control(['stop', ...units]);
    const activators = units.filter(isActivator);
    if (activators.length > 0) control(['disable', ...activators]);
    if (call !== null && wrong.length === 0) tell(`stopped and disabled ${activators.join(' ')}`);
  }
  for (const sentence of applyFiles(compared, force)) tell(sentence);
  control(['daemon-reload']);
  // Of a unit that did not fail there is nothing to forget: what this says does not matter.
  if (call !== null && units.length > 0) systemctl(call, manager, ['reset-failed', ...units]);
  for (const { path, kind } of compared) {
    if (kind === 'unit' && existsSync(`${path}.d`))
      tell(`left the drop-ins in ${path}.d (${basename(path)})`);
  }
  return wrong;
}

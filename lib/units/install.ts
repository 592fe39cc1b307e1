/**
 * Puts units into force: files, user, directories, daemon-reload, enable, start, and a look whether it worked.
 *
 * Promises: nothing is changed when a file of somebody else stands in the way or systemd objects to a unit; a run that
 * is at work is left alone; what came in meanwhile is found when the path unit starts again, since it looks at what is
 * there and not at what happened.
 */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { ExpectedError, errorText, TemporaryError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import type { Compared } from './compare.ts';
import { type Call, type Said, systemctl } from './manager.ts';
import { isActivator, type UnitFile, type UnitPlan, writablePaths } from './plan.ts';
import { unitStates } from './unit-state.ts';
import { verifyUnits } from './verify.ts';
import { applyFiles, refuseForeign } from './write-files.ts';

/** What is installed, and how. */
export type Installation = {
  readonly plan: UnitPlan;
  readonly files: readonly UnitFile[];
  readonly compared: readonly Compared[];
  readonly force: boolean;
  readonly call: Call;
  /** Called with a sentence after each step. */
  readonly tell: (sentence: string) => void;
};

/** Fails with what a program said. */
function must(said: Said, doing: string): void {
  if (said.status === 0) return;
  const words = `${said.err}\n${said.out}`.trim().replace(/\s*\n\s*/g, '; ');
  throw new ExpectedError(EX.SOFTWARE, `cannot ${doing}: ${words === '' ? `status ${said.status}` : words}`);
}

/**
 * What must stop so that its new text counts, or because it is not wanted any more; and services that wait to be started
 * again after a failure, since what they failed by may be mended now.
 */
function toStop(compared: readonly Compared[], waiting: readonly string[]): string[] {
  const units = compared.filter(({ kind, found }) => kind === 'unit' && found !== null);
  const names = units
    .filter(({ name, state }) => state === 'stale' || (state !== 'same' && isActivator(name)))
    .map(({ name }) => name)
    .filter((name) => !name.endsWith('.target'));
  // A socket unit is not started while its service has the socket.
  const services = names
    .filter((name) => name.endsWith('.socket'))
    .map((name) => name.replace(/socket$/, 'service'));
  return [...new Set([...names, ...services, ...waiting])];
}

/** Services of the set that failed and wait for their next try. */
function waitingServices(call: Call, { manager }: UnitPlan, compared: readonly Compared[]): string[] {
  const services = compared
    .filter(({ kind, name, found }) => kind === 'unit' && found !== null && !isActivator(name))
    .map(({ name }) => name);
  if (services.length === 0) return [];
  return unitStates(call, manager, services)
    .filter(({ sub }) => sub === 'auto-restart')
    .map(({ name }) => name);
}

/** Makes the directories of a user's own units, which he must be able to use; for the system, systemd-tmpfiles does it. */
function makeDirectories({ site }: UnitPlan): void {
  for (const path of writablePaths(site, null)) {
    try {
      mkdirSync(path, { recursive: true, mode: 0o750 });
      accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (error) {
      throw new TemporaryError(
        `cannot use ${path}: ${errorText(error)}. Is ${site.file} the site of this user? Another one is named by --config`,
        { cause: error },
      );
    }
  }
}

/**
 * Installs and starts. Returns what is wrong after that, a sentence each.
 * @throws ExpectedError when a step fails; the steps before it were told
 */
export function installUnits({ plan, files, compared, force, call, tell }: Installation): string[] {
  const { manager, name } = plan;
  refuseForeign(compared, force);
  const objections = verifyUnits(call, manager, files);
  if (objections.length > 0) {
    throw new ExpectedError(
      EX.SOFTWARE,
      `nothing was written: systemd-analyze verify says: ${objections.join('; ')}`,
    );
  }
  if (manager === 'user') makeDirectories(plan);
  const control = (args: readonly string[], doing: string) => must(systemctl(call, manager, args), doing);
  const stop = toStop(compared, waitingServices(call, plan, compared));
  if (stop.length > 0) {
    control(['stop', ...stop], 'stop what changes');
    tell(`stopped ${stop.join(' ')}`);
  }
  const stale = compared.filter((file) => file.state === 'stale' && isActivator(file.name));
  if (stale.length > 0) control(['disable', ...stale.map((file) => file.name)], 'disable what goes');
  for (const sentence of applyFiles(compared, force)) tell(sentence);
  if (manager === 'system') runSystemFiles(compared, call, tell);
  control(['daemon-reload'], 'have systemd read the units');
  const activators = files
    .filter(({ kind, name }) => kind === 'unit' && isActivator(name))
    .map(({ name }) => name);
  control(['enable', ...activators], 'enable the units');
  control(['start', ...activators], 'start the units');
  tell(`enabled and started ${activators.join(' ')}`);
  // Takes up what waits, and tells of what is wrong with the service. Not waited for: it may be a long run.
  control(['start', '--no-block', `${name}.service`], 'start a run');
  tell('started a run');
  const down = activators.filter(
    (unit) => systemctl(call, manager, ['is-active', unit]).out.trim() !== 'active',
  );
  return down.map((unit) => `${unit} is not active: qrunner units status --name ${name} says why`);
}

function runSystemFiles(compared: readonly Compared[], call: Call, tell: Installation['tell']): void {
  for (const { kind, path, wanted } of compared) {
    if (kind === 'unit' || wanted === null) continue;
    const [program, ...args] =
      kind === 'sysusers' ? ['systemd-sysusers', path] : ['systemd-tmpfiles', '--create', path];
    must(call(program ?? '', args), kind === 'sysusers' ? 'make the user' : 'make the directories');
    tell(kind === 'sysusers' ? 'made the user, if it was missing' : 'made the directories');
  }
}

/** `qrunner units install` and `remove`. */
import { userInfo } from 'node:os';
import { ExpectedError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import { type Compared, compareFiles } from '../units/compare.ts';
import { installUnits } from '../units/install.ts';
import { type Call, callsWith, managerProblem } from '../units/manager.ts';
import type { UnitPlan } from '../units/plan.ts';
import { removeUnits } from '../units/uninstall.ts';
import { applyFiles, refuseForeign } from '../units/write-files.ts';
import type { Context } from './context.ts';
import { complain, print } from './io.ts';
import { type PlaceOptions, type PlanOptions, placesFor, planFor } from './units-plan.ts';
import { showDifferences } from './units-show.ts';

type Doing = { readonly dryRun?: boolean; readonly force?: boolean };

/** Shows the difference, then writes, and unless --root is given enables and starts. */
export async function installAction(options: PlanOptions & Doing, context: Context): Promise<void> {
  const { io } = context;
  const { dryRun = false, force = false, root } = options;
  const { plan, files, compared } = await planFor(options, context);
  const call = root === undefined && !dryRun ? manager(plan.manager, context) : null;
  showDifferences(compared, context);
  if (compared.every(({ state }) => state === 'same')) print(io, 'No file differs.');
  refuseForeign(compared, force);
  if (dryRun) return print(io, 'Nothing was changed (--dry-run).');
  const tell = (sentence: string) => print(io, sentence);
  if (call === null) {
    for (const sentence of applyFiles(compared, force)) tell(sentence);
    return;
  }
  const wrong = installUnits({ plan, files, compared, force, call, tell });
  if (plan.manager === 'user') tellOfLingering(call, tell);
  fail(wrong, context);
}

/** Stops, disables, removes. Needs no configuration. */
export async function removeAction(options: PlaceOptions & Doing, context: Context): Promise<void> {
  const { io } = context;
  const { dryRun = false, force = false, root, name } = options;
  const { manager: which, places } = placesFor(options, context);
  const compared = compareFiles(name, [], places);
  if (compared.length === 0) return print(io, `There are no units "${name}" of qrunner in ${places.unit}.`);
  if (dryRun) {
    for (const file of compared) print(io, fate(file, force));
    return print(io, 'Nothing was changed (--dry-run).');
  }
  const call = root === undefined ? manager(which, context) : null;
  const wrong = removeUnits({
    manager: which,
    compared,
    force,
    call,
    tell: (sentence) => print(io, sentence),
  });
  print(io, 'The user, the spool, the state and all mail are left as they are.');
  fail(wrong, context);
}

function fate({ path, byHand }: Compared, force: boolean): string {
  return byHand && !force ? `would keep ${path}, which was changed by hand` : `would remove ${path}`;
}

function fail(wrong: readonly string[], { io, exit }: Context): void {
  for (const sentence of wrong) complain(io, `qrunner: ${sentence}`);
  if (wrong.length > 0) exit(EX.SOFTWARE);
}

/** The way to systemd. @throws ExpectedError when there is none, or who asks may not use it */
function manager(which: UnitPlan['manager'], { io }: Context): Call {
  const problem = managerProblem(which, io.env);
  if (problem !== null) throw new ExpectedError(EX.SOFTWARE, problem);
  if (which === 'system' && process.geteuid?.() !== 0) {
    throw new ExpectedError(EX.USAGE, 'only root can install units of the system: use sudo, or say --user');
  }
  return callsWith(io.env);
}

/** A user's systemd ends with his last session unless he lingers. */
function tellOfLingering(call: Call, tell: (sentence: string) => void): void {
  const { username } = userInfo();
  const { out } = call('loginctl', ['show-user', username, '--property=Linger']);
  if (out.trim() === 'Linger=yes') return;
  tell(`When you log out, your systemd ends and mail stays. To keep it: loginctl enable-linger ${username}`);
}

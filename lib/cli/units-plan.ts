/** From the options of `qrunner units` to a plan: what is made, for whom, where it goes. */
import { accessSync, constants, existsSync, readFileSync, realpathSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { Command } from 'commander';
import { ExpectedError, errorText } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import { type Compared, compareFiles } from '../units/compare.ts';
import { generateFiles } from '../units/generate.ts';
import { type Places, placesOf } from '../units/places.ts';
import { UNIT_NAME, type UnitFile, type UnitPlan } from '../units/plan.ts';
import { readRemembered } from '../units/remembered.ts';
import type { Context } from './context.ts';
import { openSite } from './open-site.ts';

/** Options of every command of `units`. */
export type PlaceOptions = { readonly name: string; readonly user?: boolean; readonly root?: string };

/** Options that shape the units. */
export type PlanOptions = PlaceOptions & { readonly perQueue?: boolean; readonly exec?: string };

/** What a command of `units` works with. */
export type Planned = {
  readonly plan: UnitPlan;
  readonly places: Places;
  readonly files: readonly UnitFile[];
  readonly compared: readonly Compared[];
};

/** Adds the options of {@link PlaceOptions}. */
export function placeOptions(command: Command): Command {
  return command
    .option('--user', 'units of your own systemd, not of the system')
    .option('--name <name>', 'first part of the units’ names, for a second site of a host', 'qrunner');
}

/** Adds the options of {@link PlanOptions}. */
export function planOptions(command: Command): Command {
  return placeOptions(command)
    .option('--per-queue', 'a path unit and a service for each queue')
    .option('--no-per-queue', 'one for all queues')
    .option('--exec <path>', 'the program in the units (default: the one that runs now)');
}

/** The manager and the directories. @throws ExpectedError (EX_USAGE) for a name that units cannot have */
export function placesFor(
  { name, user = false, root }: PlaceOptions,
  { io }: Context,
): { readonly manager: UnitPlan['manager']; readonly places: Places } {
  if (!UNIT_NAME.test(name)) {
    throw new ExpectedError(
      EX.USAGE,
      `cannot use the name "${name}": wanted a letter, then letters, digits and "-", lower case, at most 64`,
    );
  }
  const manager = user ? 'user' : 'system';
  return { manager, places: placesOf({ manager, root: root ?? null, env: io.env }) };
}

/**
 * Everything that is made, and what lies there.
 * @throws ExpectedError for a wrong configuration, option or path; TemporaryError for what cannot be read
 */
export async function planFor(options: PlanOptions, context: Context): Promise<Planned> {
  const { manager, places } = placesFor(options, context);
  const { site } = await openSite(context);
  const { name, root } = options;
  const target = join(places.unit, `${name}.target`);
  const kept = existsSync(target) ? readRemembered(readFileSync(target, 'utf8')) : null;
  const exec = options.exec ?? kept?.exec ?? null;
  const perQueue = options.perQueue ?? kept?.shape === 'per-queue';
  const plan: UnitPlan = {
    name,
    site,
    manager,
    shape: perQueue ? 'per-queue' : 'single',
    exec: exec === null ? thisProgram() : [namedProgram(exec, root === undefined)],
    execNamed: exec !== null,
    // What a package is built on is not where it will run.
    realPath: root === undefined ? realPath : (path) => path,
  };
  const files = generateFiles(plan);
  return { plan, places, files, compared: compareFiles(name, files, places) };
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Node and our own file, both without links: what a link leads to may change, a unit says what it starts. */
function thisProgram(): string[] {
  const [, script] = process.argv;
  if (script === undefined) {
    throw new ExpectedError(EX.USAGE, 'cannot tell which program the units are to start: say --exec PATH');
  }
  return [process.execPath, realPath(script)];
}

function namedProgram(path: string, here: boolean): string {
  if (!isAbsolute(path)) {
    throw new ExpectedError(EX.USAGE, `cannot use --exec "${path}": wanted an absolute path`);
  }
  if (!here) return path;
  try {
    accessSync(path, constants.X_OK);
  } catch (error) {
    throw new ExpectedError(EX.USAGE, `cannot use --exec "${path}": ${errorText(error)}`, { cause: error });
  }
  return path;
}

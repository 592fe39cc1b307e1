/** `qrunner units status`: each unit, what is wrong, and the command that mends it. */
import { formatDuration } from '../base/duration.ts';
import { EX } from '../base/sysexits.ts';
import { shellWord } from '../config/named-files.ts';
import type { Compared } from '../units/compare.ts';
import { diagnose, type Trouble, type Words } from '../units/diagnose.ts';
import { callsWith, managerProblem } from '../units/manager.ts';
import { isActivator } from '../units/plan.ts';
import { type UnitState, unitStates } from '../units/unit-state.ts';
import type { Context } from './context.ts';
import { isTerminal, print, printJson } from './io.ts';
import { formatTable } from './table.ts';
import { type PlanOptions, planFor } from './units-plan.ts';

/** Exits 75 when something is wrong. */
export async function statusAction(options: PlanOptions, context: Context): Promise<void> {
  const { io } = context;
  const { plan, compared } = await planFor(options, context);
  const unreachable = managerProblem(plan.manager, io.env);
  const units = compared.filter(({ kind, found }) => kind === 'unit' && found !== null);
  const states =
    unreachable === null && units.length > 0
      ? unitStates(
          callsWith(io.env),
          plan.manager,
          units.map(({ name }) => name),
        )
      : [];
  const words = wordsFor(options, context);
  const troubles = diagnose(compared, states, words);
  if (unreachable !== null) {
    troubles.push({ unit: `${plan.name}.target`, what: unreachable, mend: `${words.program} units print` });
  }
  if (troubles.length > 0) context.exit(EX.TEMPFAIL);
  if (context.globals().json) {
    return printJson(io, {
      name: plan.name,
      manager: plan.manager,
      shape: plan.shape,
      files: compared.map(({ path, state }) => ({ path, state })),
      units: states,
      troubles,
    });
  }
  if (units.length > 0) print(io, await table(units, states, isTerminal(io)));
  print(io, troublesText(troubles));
}

/** How commands are to be written so that they mean what this call meant. */
function wordsFor({ name, user = false }: PlanOptions, context: Context): Words {
  const { config } = context.globals();
  const other = name === 'qrunner' ? '' : ` --name ${name}`;
  return {
    name,
    manager: user ? 'user' : 'system',
    program: config === undefined ? 'qrunner' : `qrunner --config ${shellWord(config)}`,
    options: `${user ? ' --user' : ''}${other}`,
  };
}

function table(units: readonly Compared[], states: readonly UnitState[], colour: boolean): Promise<string> {
  const now = Date.now();
  return formatTable(
    [
      { head: 'unit' },
      { head: 'file' },
      { head: 'state' },
      { head: 'boot' },
      { head: 'last' },
      { head: 'next' },
    ],
    units.map(({ name, state: file }) => {
      const state = states.find((one) => one.name === name);
      if (state === undefined) return [name, file, '-', '-', '-', '-'];
      return [
        name,
        file,
        `${state.active} (${state.sub})`,
        isActivator(name) ? state.enabled : '-',
        lastEnd(state, now),
        state.nextAt === null ? '-' : `in ${formatDuration(state.nextAt - now)}`,
      ];
    }),
    colour,
  );
}

function lastEnd({ endedAt, result, status }: UnitState, now: number): string {
  if (endedAt === null) return '-';
  const how = result === 'success' ? 'well' : result === 'exit-code' ? `status ${status}` : result;
  return `${how}, ${formatDuration(now - endedAt)} ago`;
}

function troublesText(troubles: readonly Trouble[]): string {
  if (troubles.length === 0) return 'Nothing is wrong.';
  // What is wrong with many units in the same way, and has one mend, is said once.
  const groups = new Map<string, string[]>();
  for (const { unit, what, mend } of troubles) {
    const key = `${what}\n    ${mend}`;
    groups.set(key, [...(groups.get(key) ?? []), unit]);
  }
  return [...groups].map(([key, units]) => `${units.join(', ')}: ${key}`).join('\n');
}

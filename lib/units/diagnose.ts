/** What is wrong with units, and the command that mends it. Pure. */
import type { Compared, FileState } from './compare.ts';
import { isActivator, type UnitPlan } from './plan.ts';
import type { UnitState } from './unit-state.ts';

/** One thing that is wrong. */
export type Trouble = {
  readonly unit: string;
  readonly what: string;
  /** A command, or several with `&&` between them. */
  readonly mend: string;
};

/** How commands are spelled for these units. */
export type Words = {
  readonly name: string;
  readonly manager: UnitPlan['manager'];
  /** `qrunner` with the options that mean this site and these units, up to `units`. */
  readonly program: string;
  /** The options behind the word behind `units`. */
  readonly options: string;
};

/** What is meant by an exit status: ours by sysexits(3), and those of systemd.exec(5), "Process exit codes". */
const STATUSES: Readonly<Record<number, readonly [what: string, mend: string]>> = {
  70: ['a bug, or something of this computer is damaged or missing', 'LOG'],
  75: ['trouble that may pass; it is tried again', 'LOG'],
  78: ['the configuration is wrong', 'CHECK'],
  200: ['its working directory cannot be entered', 'LOG'],
  203: ['the program cannot be started: it was moved, or its user may not reach it', 'INSTALL'],
  216: ['its group does not exist', 'INSTALL'],
  217: ['its user does not exist', 'INSTALL'],
  226: ['its view of the file system cannot be made', 'INSTALL'],
  243: ['a credential cannot be read', 'LOG'],
};

function commands({ name, manager, program, options }: Words) {
  const scope = manager === 'user' ? ' --user' : '';
  return {
    control: (...words: string[]) => `systemctl${scope} ${words.join(' ')}`,
    log: (unit: string) => `journalctl${scope} -u ${unit} -n 20`,
    install: `${program} units install${options}`,
    diff: `${program} units diff${options}`,
    check: `${program} check`,
    start: `systemctl${scope} start ${name}.target`,
  };
}

/** Objections to files; `stale` ones too. */
function fileTroubles(compared: readonly Compared[], words: Words): Trouble[] {
  const { install, diff } = commands(words);
  const wrong = compared.filter(({ state }) => state !== 'same');
  if (wrong.length > 0 && compared.every(({ found }) => found === null)) {
    return [{ unit: `${words.name}.target`, what: 'nothing is installed', mend: install }];
  }
  const mends: Readonly<Record<FileState, readonly [what: string, mend: string]>> = {
    same: ['', ''],
    missing: ['its file is missing', install],
    differs: ['its file is not what would be made now', `${diff} && ${install}`],
    changed: ['its file was changed by hand', `${diff} && ${install} --force`],
    foreign: ['its file was not written by qrunner', `${diff} && ${install} --force`],
    stale: ['it is not wanted any more', install],
  };
  return wrong.map(({ name, state }) => ({ unit: name, what: mends[state][0], mend: mends[state][1] }));
}

function activatorTroubles(state: UnitState, words: Words): Trouble[] {
  const { control, start } = commands(words);
  const { name: unit, active, enabled, result } = state;
  const troubles: Trouble[] = [];
  if (active === 'failed') {
    const mend = `${control('reset-failed', unit)} && ${control('start', unit)}`;
    troubles.push({ unit, what: `it failed (${result})`, mend });
  } else if (active !== 'active') {
    troubles.push({ unit, what: `it is ${active}: nothing comes by it`, mend: start });
  }
  if (enabled === 'disabled') {
    troubles.push({ unit, what: 'it does not start at boot', mend: control('enable', unit) });
  }
  return troubles;
}

function serviceTroubles(state: UnitState, words: Words): Trouble[] {
  const { log, check, install } = commands(words);
  const { name: unit, result, status } = state;
  if (result === 'success' || result === '') return [];
  if (result !== 'exit-code') return [{ unit, what: `its last run ended by ${result}`, mend: log(unit) }];
  const [meaning, mend] = STATUSES[status ?? -1] ?? ['', 'LOG'];
  return [
    {
      unit,
      what: `its last run ended with ${status}${meaning === '' ? '' : `: ${meaning}`}`,
      mend: mend === 'CHECK' ? check : mend === 'INSTALL' ? `${log(unit)} && ${install}` : log(unit),
    },
  ];
}

/** Everything that is wrong. `states`: of the units whose files are there; empty when no manager could be asked. */
export function diagnose(
  compared: readonly Compared[],
  states: readonly UnitState[],
  words: Words,
): Trouble[] {
  const { control } = commands(words);
  const troubles = fileTroubles(compared, words);
  for (const state of states) {
    const { name: unit } = state;
    if (state.load === 'masked') {
      troubles.push({ unit, what: 'it is masked', mend: control('unmask', unit) });
    } else if (state.load !== 'loaded' || state.outdated) {
      troubles.push({ unit, what: 'systemd has not read its file', mend: control('daemon-reload') });
    }
    // What is not wanted any more has no state to mend.
    if (state.load !== 'loaded' || compared.some(({ name, state }) => name === unit && state === 'stale'))
      continue;
    troubles.push(...(isActivator(unit) ? activatorTroubles(state, words) : serviceTroubles(state, words)));
  }
  return troubles;
}

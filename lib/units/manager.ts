/** Calls of systemd's own programs. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ExpectedError, errorText } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import type { UnitPlan } from './plan.ts';

/** How long one of them may take, milliseconds: a stop waits for a run, which has 45 s. */
const PATIENCE_MS = 120_000;

/** What a program said. */
export type Said = { readonly status: number; readonly out: string; readonly err: string };

/** Runs a program of systemd. @throws ExpectedError (EX_SOFTWARE) when it is not there or does not end */
export type Call = (program: string, args: readonly string[]) => Said;

/** Calls with this environment. */
export function callsWith(env: NodeJS.ProcessEnv): Call {
  return (program, args) => {
    const { status, stdout, stderr, error } = spawnSync(program, args, {
      env: { ...env, SYSTEMD_PAGER: '', SYSTEMD_COLORS: '0', TZ: 'UTC', LC_ALL: 'C.UTF-8' },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: PATIENCE_MS,
    });
    if (error)
      throw new ExpectedError(EX.SOFTWARE, `cannot run ${program}: ${errorText(error)}`, { cause: error });
    return { status: status ?? -1, out: stdout, err: stderr };
  };
}

/** `systemctl` or `systemctl --user` with these words. */
export function systemctl(call: Call, manager: UnitPlan['manager'], args: readonly string[]): Said {
  return call('systemctl', manager === 'user' ? ['--user', ...args] : args);
}

/** Where a running manager is known by, sd_booted(3); `null` when it cannot be. */
function runningMark(manager: UnitPlan['manager'], env: NodeJS.ProcessEnv): string | null {
  if (manager === 'system') return '/run/systemd/system';
  return env.XDG_RUNTIME_DIR ? join(env.XDG_RUNTIME_DIR, 'systemd/private') : null;
}

/** Why systemd cannot be talked to, with what to do instead; `null` when it can. */
export function managerProblem(manager: UnitPlan['manager'], env: NodeJS.ProcessEnv): string | null {
  const mark = runningMark(manager, env);
  if (mark !== null && existsSync(mark)) return null;
  const packager = 'To write the files only, give --root DIR';
  if (manager === 'system') {
    return `systemd does not run on this computer (there is no ${mark}). ${packager}; without systemd, cron starts runs as well`;
  }
  return mark === null
    ? `no systemd of this user can be reached: XDG_RUNTIME_DIR is not set. Log in as the user (sudo and su do not: machinectl shell USER@ does). ${packager}`
    : `no systemd of this user runs (there is no ${mark}). Log in as the user, or: loginctl enable-linger USER. ${packager}`;
}

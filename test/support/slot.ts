/**
 * A lab's site in a copy of its own, whose spool and state can be kept and put back, so that a command can be struck again
 * and again on the same ground. The configuration stays, so that the program's cache of it holds.
 */
import { cpSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Lab, type LabOptions, type Ran, runProgram } from './lab.ts';
import { runTraced, type Traced, type TraceOptions } from './lab-kill.ts';

/** A copy of what changes in a site, to begin again from. */
export type Copy = { readonly path: string };

/** One of the sites. */
export type Slot = {
  readonly site: string;
  readonly spool: string;
  readonly run: (args: readonly string[], input?: string) => Promise<Ran>;
  readonly trace: (args: readonly string[], options?: TraceOptions) => Promise<Traced>;
  readonly save: () => Copy;
  readonly restore: (copy: Copy) => void;
};

/** What changes in a site. */
const CHANGING = ['spool', 'state', 'notes'];

/** In memory, where a sync takes no time and never changes its thread; else where labs lie. */
const MEMORY = '/dev/shm';

/** For labs whose slots are struck. */
export const IN_MEMORY: LabOptions = existsSync(MEMORY) ? { above: MEMORY } : {};

/** Times and modes with it: recovery looks at how old a file is. */
function copyIfThere(from: string, to: string): void {
  if (existsSync(from)) cpSync(from, to, { recursive: true, preserveTimestamps: true });
}

/** Copies the lab's site. It goes with the lab. */
export function makeSlot(lab: Lab): Slot {
  const site = mkdtempSync(join(lab.root, 'slot-'));
  cpSync(lab.site, site, { recursive: true });
  const command = lab.command(site);
  return {
    site,
    spool: join(site, 'spool'),
    run: (args, input = '') => runProgram([...command, ...args], lab.env, { input }),
    trace: (args, options) => runTraced([...command, ...args], lab.env, lab.root, options),
    save: () => {
      const path = mkdtempSync(join(lab.root, 'copy-'));
      for (const name of CHANGING) copyIfThere(join(site, name), join(path, name));
      return { path };
    },
    restore: ({ path }) => {
      for (const name of CHANGING) {
        rmSync(join(site, name), { recursive: true, force: true });
        copyIfThere(join(path, name), join(site, name));
      }
    },
  };
}

/**
 * Waits until the program keeps the site's configuration, which it does when that was written two seconds ago, and lets it:
 * then every run opens the same files.
 */
export async function warmUp(slot: Slot): Promise<void> {
  const age = Date.now() - statSync(join(slot.site, 'qrunner.yaml')).ctimeMs;
  await sleep(Math.max(0, 2100 - age));
  const { status, stderr } = await slot.run(['list']);
  if (status !== 0) throw new Error(`qrunner list ended with ${status}: ${stderr}`);
}

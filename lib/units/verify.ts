/** What systemd-analyze has against unit files, before they are put where they count. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Call } from './manager.ts';
import type { UnitFile, UnitPlan } from './plan.ts';

/**
 * Every line `systemd-analyze verify` prints about these units. It exits 0 for unknown keys too, so any line counts;
 * what it finds in units of others on the way does not.
 * @throws ExpectedError when it cannot be run
 */
export function verifyUnits(call: Call, manager: UnitPlan['manager'], files: readonly UnitFile[]): string[] {
  const units = files.filter(({ kind }) => kind === 'unit');
  const directory = mkdtempSync(join(tmpdir(), 'qrunner-units-'));
  try {
    const paths = units.map(({ name, text }) => {
      const path = join(directory, name);
      writeFileSync(path, text);
      return path;
    });
    const scope = manager === 'user' ? ['--user'] : [];
    const { out, err } = call('systemd-analyze', [...scope, 'verify', '--man=no', ...paths]);
    return `${out}\n${err}`
      .split('\n')
      .filter((line) => units.some(({ name }) => line.includes(name)))
      .map((line) => line.replaceAll(`${directory}/`, ''));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

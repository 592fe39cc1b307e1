/**
 * The built program where the users of a lab can read it: in the checkout, or, when that lies where only its owner
 * may go, in a copy with the packages that are not bundled.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The checkout, found by its program; `null` when nobody has built it. */
function findCheckout(): string | null {
  for (let at = import.meta.dirname; dirname(at) !== at; at = dirname(at)) {
    if (existsSync(join(at, 'dist', 'qrunner.cjs'))) return at;
  }
  return null;
}

/** Whether everybody may go to the directory and into it. */
function isOpenToAll(directory: string): boolean {
  for (let at = directory; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (dirname(at) === at) return true;
  }
}

/** Copies a package and what it depends on, as far as it is installed. */
function copyPackage(name: string, from: string, to: string): void {
  const source = join(from, name);
  if (!existsSync(source) || existsSync(join(to, name))) return;
  cpSync(source, join(to, name), { recursive: true, dereference: true });
  const {
    dependencies = {},
    optionalDependencies = {},
  }: Record<string, Record<string, string>> = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  for (const other of [...Object.keys(dependencies), ...Object.keys(optionalDependencies)]) {
    copyPackage(other, from, to);
  }
}

async function copyProgram(checkout: string): Promise<string> {
  const copy = mkdtempSync(join(tmpdir(), 'qrunner-program-'));
  process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
  await chmod(copy, 0o755);
  cpSync(join(checkout, 'dist'), join(copy, 'dist'), { recursive: true });
  for (const name of ['libsql', 'fs-native-extensions']) {
    copyPackage(name, join(checkout, 'node_modules'), join(copy, 'node_modules'));
  }
  return copy;
}

const checkout = findCheckout();
const home = checkout === null || isOpenToAll(checkout) ? checkout : await copyProgram(checkout);

/** The built program, readable for everybody; `null` when nobody has built it. */
export const builtProgram: string | null = home === null ? null : join(home, 'dist', 'qrunner.cjs');

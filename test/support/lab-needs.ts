/** What a test against real servers needs of the computer; without it the test is skipped with the reason. */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { User } from './lab.ts';
import { builtProgram } from './lab-program.ts';

/** What is needed. */
export type Needs = {
  /** Programs, by name or path. */
  readonly programs?: readonly string[];
  /** Users by name. */
  readonly users?: readonly string[];
};

function isThere(program: string): boolean {
  if (program.includes('/')) return existsSync(program);
  return ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** A user by name, or `null` when there is none. */
export function findUser(name: string): User | null {
  try {
    const number = (option: string) =>
      Number(execFileSync('id', [option, name], { stdio: 'pipe' }).toString());
    return { uid: number('-u'), gid: number('-g') };
  } catch {
    return null;
  }
}

/** A user by name. @throws when there is none */
export function userNamed(name: string): User {
  const user = findUser(name);
  if (user === null) throw new Error(`no user ${name}`);
  return user;
}

/** Why a test that must be root and needs these things cannot run here; false when it can. */
export function skipReason({ programs = [], users = [] }: Needs): string | false {
  if (process.platform !== 'linux') return `needs Linux, this is ${process.platform}`;
  if (process.geteuid?.() !== 0) return 'needs root';
  const program = programs.find((name) => !isThere(name));
  if (program !== undefined) return `needs the program ${program}`;
  const user = users.find((name) => findUser(name) === null);
  if (user !== undefined) return `needs the user ${user}`;
  const built = builtProgram;
  if (built === null) return 'needs the built program: node build.mjs';
  for (const name of users) {
    try {
      execFileSync(process.execPath, [built, '--version'], {
        ...userNamed(name),
        cwd: '/',
        env: {},
        stdio: 'pipe',
      });
    } catch {
      return `needs a checkout that the user ${name} can read: ${built}`;
    }
  }
  return false;
}

/**
 * Owners and modes in the spool and the state: what would keep a run or a producer of the same group from its work, each
 * with the command that mends it.
 */
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { fileProblem, type Problem } from '../config/problem.ts';
import type { Site } from '../config/site.ts';
import { eachName, pathOf } from '../spool/names.ts';
import { STATES } from '../spool/state.ts';

/** Names that are looked at in one directory: enough to see what is wrong, however many there are. */
const LOOKED_AT = 10_000;

/** Problems that are told; the commands mend more than one file each. */
const TOLD = 20;

/** The permissions a directory or file of the spool must at least have: for its owner and its group alike. */
const DIRECTORY_BITS = 0o2770;
const FILE_BITS = 0o660;

const octal = (mode: number) => (mode & 0o7777).toString(8).padStart(4, '0');

/** What is wrong with owners and modes below the spool, and in the state. Empty where there is no spool yet. */
export function ownerProblems(site: Site): Problem[] {
  const problems: Problem[] = [];
  const root = lstatSync(site.spool, { throwIfNoEntry: false });
  if (root?.isDirectory()) {
    for (const problem of spoolProblems(site, root)) {
      problems.push({ ...problem, path: 'spool' });
      if (problems.length >= TOLD) break;
    }
  }
  return [...problems, ...stateProblems(site).map((problem) => ({ ...problem, path: 'state' }))];
}

function* spoolProblems(site: Site, root: Stats): Generator<Problem> {
  const { spool, file } = site;
  const directory = (path: string): Problem | null => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (!stat?.isDirectory()) return null;
    return wrong(file, path, stat, root.gid, DIRECTORY_BITS);
  };
  const own = wrong(file, spool, root, root.gid, DIRECTORY_BITS);
  if (own) yield own;
  for (const name of eachName(spool)) {
    const path = join(spool, name);
    if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) continue;
    const problem = directory(path);
    if (problem) yield problem;
    yield* name === 'bell' ? [] : queueProblems(file, path, root.gid, directory);
  }
}

function* queueProblems(
  file: string,
  queue: string,
  gid: number,
  directory: (path: string) => Problem | null,
): Generator<Problem> {
  for (const state of [...STATES, 'journal']) {
    const path = join(queue, state);
    const problem = directory(path);
    if (problem) yield problem;
    let looked = 0;
    for (const name of namesOf(path)) {
      if (++looked > LOOKED_AT) break;
      const entry = pathOf(path, name);
      const stat = lstatSync(entry, { throwIfNoEntry: false });
      // In bad/ anything may lie, and what is no plain file is for a run to set aside.
      if (stat === undefined || state === 'bad' || !(stat.isFile() || stat.isDirectory())) continue;
      const found = wrong(file, entry.toString(), stat, gid, stat.isDirectory() ? DIRECTORY_BITS : FILE_BITS);
      if (found) yield found;
    }
  }
}

/** A directory that may not be read has been told already. */
function* namesOf(path: string): Generator<string> {
  try {
    yield* eachName(path);
  } catch {
    // See above.
  }
}

/** A wrong group, or bits that are missing; `null` when all is well. */
function wrong(file: string, path: string, stat: Stats, gid: number, bits: number): Problem | null {
  if (stat.gid !== gid) {
    return fileProblem(file, {
      message: `${path} belongs to group ${stat.gid}, and the spool to group ${gid}`,
      fix: `chgrp ${gid} ${path} && chmod ${octal(bits)} ${path}`,
    });
  }
  if ((stat.mode & bits) === bits) return null;
  return fileProblem(file, {
    message: `${path} has mode ${octal(stat.mode)}, wanted ${octal(bits)}: its group must be able to use it`,
    fix: `chmod ${octal(bits)} ${path}`,
  });
}

/** The state is one user's: a file of another, say of a run as root, is one that the next run cannot open. */
function stateProblems({ state, file }: Site): Problem[] {
  const root = lstatSync(state, { throwIfNoEntry: false });
  if (!root?.isDirectory()) return [];
  try {
    return readdirSync(state).flatMap((name) => {
      const path = join(state, name);
      const stat = lstatSync(path, { throwIfNoEntry: false });
      if (stat === undefined || stat.uid === root.uid) return [];
      return [
        fileProblem(file, {
          message: `${path} belongs to user ${stat.uid}, and the state to user ${root.uid}`,
          fix: `chown -R ${root.uid}:${root.gid} ${path}`,
        }),
      ];
    });
  } catch {
    // That it cannot be read is told by check-places.
    return [];
  }
}

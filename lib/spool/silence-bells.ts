/** The end of bells: apart from bell.ts, since a run that finds nothing has none to remove and loads no more than it needs. */
import { lstatSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../base/errors.ts';
import { readBell } from './bell.ts';
import type { Layout } from './layout.ts';
import { setAside } from './move.ts';
import { pathOf } from './names.ts';

/**
 * Removes bells that were listed; one that is gone already is no trouble. What is no bell, and is not empty either, is set
 * aside in bad/ of the first queue: it would wake runs for ever. Returns the names it has there.
 * @throws after all others are removed, the first trouble: what stays would start runs without end if this one was a success
 */
export function silenceBells(layout: Layout, bells: readonly string[]): string[] {
  const aside: string[] = [];
  const troubles: unknown[] = [];
  for (const bell of bells) {
    try {
      aside.push(...(readBell(layout, bell) === null ? clear(layout, bell) : removeBell(layout, bell)));
    } catch (error) {
      troubles.push(error);
    }
  }
  if (troubles.length > 0) throw troubles[0];
  return aside;
}

function removeBell(layout: Layout, bell: string): string[] {
  try {
    unlinkSync(join(layout.bell, bell));
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return [];
    // POSIX wants EPERM for a directory, Linux says EISDIR.
    if (code !== 'EISDIR' && code !== 'EPERM') throw error;
    return clear(layout, bell);
  }
  return [];
}

/** Why something from bell/ lies in bad/. */
export const STRANGE_BELL = 'it lay in bell/, where only empty files belong';

/** Removes what is empty, and sets aside what is not. Returns the name it has then. @throws the system's error */
function clear(layout: Layout, bell: string): string[] {
  const path = pathOf(layout.bell, bell);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  try {
    if (stat?.isDirectory()) {
      rmdirSync(path);
      return [];
    }
    if (stat === undefined || stat.size === 0) {
      unlinkSync(path);
      return [];
    }
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return [];
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
  return [
    setAside(layout, layout.queues[0] ?? '', { directory: layout.bell, file: bell }, STRANGE_BELL) ?? bell,
  ];
}

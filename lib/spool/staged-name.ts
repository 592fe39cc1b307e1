/**
 * The names of outputs that are staged in tmp/, `OUTPUT@QUEUE@INPUT`. Apart from outputs.ts, which writes them: a run that
 * finds nothing looks for such names and loads no more than that.
 */
import { basename } from 'node:path';
import { isEntryId } from './entry-name.ts';
import type { Layout } from './layout.ts';
import { eachName } from './names.ts';

/** True when outputs of these queues' entries lie in tmp/ unpublished: a run works on them now, or died over them. */
export function hasStaged(layout: Layout, queues: readonly string[]): boolean {
  return layout.queues.some((queue) => {
    for (const file of eachName(layout.directory(queue, 'tmp')))
      if (queues.includes(parseStaged(file)?.from ?? '')) return true;
    return false;
  });
}

/** Takes a staged output's name apart; `null` for any other. Its parts become paths, so nothing else will do. */
export function parseStaged(file: string): { id: string; from: string; input: string } | null {
  const [id = '', from = '', input = '', ...rest] = file.split('@');
  return isEntryId(id) && isEntryId(input) && rest.length === 0 ? { id, from, input } : null;
}

/** True for the name of a staged output, which only the recovery of its input's queue may touch. */
export function isStaged(path: string): boolean {
  return parseStaged(basename(path)) !== null;
}

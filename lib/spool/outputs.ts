/**
 * New entries that come out of an entry: written first, published after the input is committed.
 *
 *     1. stage     each output is written and synced in tmp/ of its queue, named OUTPUT@QUEUE@INPUT
 *     2. commit    the input moves active → done (or held), synced       ◀ the hop has happened
 *     3. publish   each output is renamed into new/, synced
 *     4. finish    the input is unlinked
 *
 * Promises: killed before 2, the outputs are removed and the work is repeated; killed after 2, recovery goes on at 3.
 * So an output is accepted exactly once, also when another run has already taken it away when recovery comes.
 */
import { dirname, join } from 'node:path';
import type { EntryMeta } from './entry.ts';
import { type MessageBytes, writeEntryFile } from './message-writer.ts';
import { moved, removed } from './move.ts';
import { eachName } from './names.ts';
import { checkOneFileSystem } from './one-file-system.ts';
import { outputId, type Spool } from './spool.ts';
import { parseStaged } from './staged-name.ts';

/** The entry that outputs come from. */
export type Input = { readonly queue: string; readonly id: string };

/** An output that lies in tmp/. */
export type Staged = { readonly queue: string; readonly id: string; readonly path: string };

/** An output to be written. */
export type NewOutput = { readonly queue: string; readonly meta: EntryMeta; readonly message: MessageBytes };

/** Writes the outputs to tmp/ and syncs files and names. What an earlier try left is replaced. */
export async function stageOutputs(
  spool: Spool,
  input: Input,
  outputs: readonly NewOutput[],
): Promise<Staged[]> {
  const staged: Staged[] = [];
  try {
    for (const { queue } of outputs) checkOneFileSystem(spool.layout, queue);
    for (const [index, output] of outputs.entries()) {
      const id = outputId(input, output.queue, index);
      const path = join(spool.layout.directory(output.queue, 'tmp'), `${id}@${input.queue}@${input.id}`);
      const origin = { queue: input.queue, id: input.id };
      await writeEntryFile(path, { ...output.meta, origin }, output.message, 'replace');
      staged.push({ queue: output.queue, id, path });
    }
    await syncDirectoriesOf(spool, staged);
    return staged;
  } catch (error) {
    dropOutputs(staged);
    throw error;
  }
}

/** Removes staged outputs whose input was not committed. */
export function dropOutputs(staged: readonly Staged[]): void {
  for (const { path } of staged) removed(path);
}

/** Renames staged outputs into new/ and syncs; one that is there already is no trouble. */
export async function publishOutputs(spool: Spool, staged: readonly Staged[]): Promise<void> {
  const published: Staged[] = [];
  for (const { queue, id, path } of staged) {
    const to = join(spool.layout.directory(queue, 'new'), id);
    if (moved(path, to)) published.push({ queue, id, path: to });
  }
  await syncDirectoriesOf(spool, published);
}

/** Outputs that lie in tmp/, by the id of their input. */
export type StagedByInput = Map<string, Staged[]>;

/** What is staged in the whole spool. */
export type Staging = {
  /** The outputs of a queue's entries. */
  readonly of: (inputQueue: string) => StagedByInput;
  /** Why a tmp/ could not be looked into: what is staged there has not been seen. `null` when all were. */
  readonly trouble: unknown;
};

/** Staged outputs, found in tmp/ of every queue. */
export function findStaged(spool: Spool): Staging {
  const byQueue = new Map<string, StagedByInput>();
  let trouble: unknown = null;
  for (const queue of spool.layout.queues) {
    const directory = spool.layout.directory(queue, 'tmp');
    try {
      for (const file of eachName(directory)) {
        const name = parseStaged(file);
        if (name === null) continue;
        const byInput: StagedByInput = byQueue.get(name.from) ?? new Map<string, Staged[]>();
        byQueue.set(name.from, byInput);
        const staged = byInput.get(name.input) ?? [];
        byInput.set(name.input, staged);
        staged.push({ queue, id: name.id, path: join(directory, file) });
      }
    } catch (error) {
      trouble = error;
    }
  }
  return { of: (queue) => byQueue.get(queue) ?? new Map<string, Staged[]>(), trouble };
}

async function syncDirectoriesOf(spool: Spool, staged: readonly Staged[]): Promise<void> {
  const directories = new Set(staged.map(({ path }) => dirname(path)));
  await Promise.all([...directories].map((directory) => spool.syncDirectory(directory)));
}

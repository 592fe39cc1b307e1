/**
 * Writing one message into a Maildir (maildir(5)), so that a repeat adds nothing.
 *
 * Promises: the file appears in new/ whole or not at all, and is on the disk with every directory above it that
 * had to be made when the call returns. A name that is there already, in new/ or, with whatever flags a mail
 * program added, in cur/, is left alone. The message is streamed, not held in memory.
 * Needs: one writer per name at a time, which the lock on the entry it comes from gives.
 * Fails: throws the system's error, or whatever reading `chunks` threw; what was begun in tmp/ is removed.
 */
import { closeSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { sharedDirectorySync, syncDirectory, syncFile, writeAll } from '../base/durable.ts';
import { errorCode } from '../base/errors.ts';

/** Directories and messages are for their owner only. */
const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

/** Longest name, bytes: what file systems take, less room for the flags of a mail program. */
const MAX_NAME = 200;

/** Deliveries into one Maildir that come together share a sync. */
const syncShared = sharedDirectorySync();

/**
 * Writes `chunks` as `new/NAME` of the Maildir `directory`, which is made when it is not there.
 * `chunks` is not touched when the answer is `present`; a generator that opens its source late costs nothing then.
 *
 * @throws the system's error (ENOSPC, EACCES), or what `chunks` threw; Error for a name that is no Maildir name
 */
export async function deliverToMaildir(
  directory: string,
  name: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<'delivered' | 'present'> {
  if (!/^[^./:\0][^/:\0]*$/.test(name) || Buffer.byteLength(name) > MAX_NAME) {
    throw new Error(`not a Maildir file name: ${JSON.stringify(name)}`);
  }
  await makeMaildir(directory);
  // new/ before cur/: a mail program moves files only this way, so none can slip past.
  for (const folder of ['new', 'cur'] as const) {
    if (!contains(join(directory, folder), name, folder)) continue;
    // The run that put it there may have been killed before its sync.
    await syncDirectory(join(directory, folder));
    return 'present';
  }
  const temporary = join(directory, 'tmp', name);
  try {
    const fd = openSync(temporary, 'w', FILE_MODE);
    try {
      for await (const chunk of chunks) writeAll(fd, chunk);
      await syncFile(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, join(directory, 'new', name));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  await syncShared(join(directory, 'new'));
  return 'delivered';
}

/** Makes the Maildir. cur/ is made last: where it is, everything else was synced before, even over a crash. */
async function makeMaildir(directory: string): Promise<void> {
  if (statSync(join(directory, 'cur'), { throwIfNoEntry: false })) return;
  const path = resolve(directory);
  await makeDirectoriesAbove(path);
  for (const part of [path, join(path, 'tmp'), join(path, 'new')]) makeDirectory(part);
  await syncDirectory(path);
  await syncDirectory(dirname(path));
  makeDirectory(join(path, 'cur'));
  await syncDirectory(path);
}

/** Makes the directories above, each synced into the one above it before the next is made. */
async function makeDirectoriesAbove(path: string): Promise<void> {
  const above = dirname(path);
  if (above === path || statSync(above, { throwIfNoEntry: false })) return;
  await makeDirectoriesAbove(above);
  if (makeDirectory(above)) await syncDirectory(dirname(above));
}

/** Makes a directory; false when it was there. */
function makeDirectory(path: string): boolean {
  try {
    mkdirSync(path, { mode: DIRECTORY_MODE });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** True when `name` is in the directory; in cur/ also as `name:2,FLAGS`. */
function contains(directory: string, name: string, folder: 'new' | 'cur'): boolean {
  if (statSync(join(directory, name), { throwIfNoEntry: false })) return true;
  return folder === 'cur' && readdirSync(directory).some((entry) => entry.startsWith(`${name}:`));
}

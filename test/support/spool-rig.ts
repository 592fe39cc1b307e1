/**
 * A spool of its own for a test: put messages in, let a run work, look which directory they are in.
 *
 *     using rig = spoolRig(['in', 'out']);
 *     await rig.put('in', 'Subject: hello\n');
 *     rig.counts();      // { 'bell': 1, 'in/new': 1 }
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { LogFields, LogLevel } from '../../lib/base/log.ts';
import { addEntry } from '../../lib/spool/add.ts';
import { EMPTY_META, type EntryMeta } from '../../lib/spool/entry.ts';
import { type EntryFile, readEntryFile, readMessage } from '../../lib/spool/entry-file.ts';
import { type EntryName, formatName, newName, parseName } from '../../lib/spool/entry-name.ts';
import { claim, type Place } from '../../lib/spool/move.ts';
import { openSpool, type Spool } from '../../lib/spool/spool.ts';
import { STATES, type State } from '../../lib/spool/state.ts';
import { type FakeClock, fakeClock } from './fake-clock.ts';

/** A line of the log. */
export type LogEvent = { readonly level: LogLevel; readonly event: string; readonly fields: LogFields };

/** A spool, its clock and what was logged; gone when it is disposed of. */
export type SpoolRig = Disposable & {
  readonly root: string;
  readonly spool: Spool;
  readonly clock: FakeClock;
  readonly events: LogEvent[];
  readonly log: (level: LogLevel, event: string, fields?: LogFields) => void;
  /** The same spool as another process would open it. */
  readonly reopened: () => Spool;
  /** Accepts a message. Returns its id. */
  readonly put: (queue: string, message?: string, meta?: Partial<EntryMeta>) => Promise<string>;
  /** Accepts a message and claims it, as a run does that is about to work on it. */
  readonly putActive: (queue: string, message?: string) => Promise<Place>;
  /** Where an entry lies that was just put. */
  readonly placeOf: (queue: string, id: string, state?: State, name?: Partial<EntryName>) => Place;
  /** Names of a state's files, sorted; in deferred/ with their bucket. */
  readonly files: (queue: string, state: State) => string[];
  /** How many files lie where, `{ 'in/new': 2, bell: 1 }`; directories that are empty are left out. */
  readonly counts: () => Record<string, number>;
  /** The names of the bells, sorted. */
  readonly bells: () => string[];
  /** The only entry of a state: its name, metadata and message. */
  readonly only: (
    queue: string,
    state: State,
  ) => Promise<{ name: EntryName; file: EntryFile; message: string }>;
  /** What lies beside the only entry of a state as its reason. */
  readonly reason: (queue: string, state: State) => string;
  /** Writes a file by hand; `path` begins at the spool. */
  readonly write: (path: string, text: string | Buffer) => string;
};

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => !statSync(join(directory, file), { throwIfNoEntry: false })?.isDirectory())
    .sort();
}

/** Makes a spool with these queues. `root` is made when it is left out, and removed at the end. */
export function spoolRig(queues: readonly string[] = ['in', 'out'], root?: string): SpoolRig {
  const own = root ?? mkdtempSync(join(tmpdir(), 'qrunner-spool-'));
  const clock = fakeClock();
  const spool = openSpool(join(own, 'spool'), queues, clock);
  const { layout } = spool;
  const events: LogEvent[] = [];
  const files = (queue: string, state: State) => filesBelow(layout.directory(queue, state));
  const entriesIn = (queue: string, state: State) =>
    files(queue, state).filter((file) => !file.endsWith('.reason'));

  const onlyFile = (queue: string, state: State): string => {
    const [file, ...more] = entriesIn(queue, state);
    if (file === undefined || more.length > 0)
      throw new Error(`${more.length + 1} files in ${queue}/${state}, wanted one`);
    return join(layout.directory(queue, state), file);
  };

  const placeOf: SpoolRig['placeOf'] = (queue, id, state = 'new', flags = {}) => {
    const name = { ...newName(id), ...flags };
    return { queue, state, path: join(layout.directory(queue, state), formatName(name)), name };
  };

  const put: SpoolRig['put'] = async (queue, message = 'Subject: test\n\nbody\n', meta = {}) => {
    clock.advance(1);
    const { id } = await addEntry(spool, queue, { ...EMPTY_META, ...meta }, [Buffer.from(message, 'latin1')]);
    return id;
  };

  return {
    root: layout.root,
    spool,
    clock,
    events,
    log: (level, event, fields = {}) => void events.push({ level, event, fields }),
    reopened: () => openSpool(layout.root, queues, clock),
    put,
    putActive: async (queue, message) => {
      const place = claim(layout, placeOf(queue, await put(queue, message)));
      if (!place) throw new Error('the entry was not there to be claimed');
      return place;
    },
    placeOf,
    files,
    counts: () => {
      const found: Record<string, number> = {};
      const bells = filesBelow(layout.bell).length;
      if (bells > 0) found.bell = bells;
      for (const queue of layout.queues) {
        for (const state of STATES) {
          const count = existsSync(layout.directory(queue, state)) ? entriesIn(queue, state).length : 0;
          if (count > 0) found[`${queue}/${state}`] = count;
        }
        const journals = filesBelow(dirname(layout.journal(queue, 'any'))).length;
        if (journals > 0) found[`${queue}/journal`] = journals;
      }
      return found;
    },
    bells: () => filesBelow(layout.bell),
    only: async (queue, state) => {
      const path = onlyFile(queue, state);
      const name = parseName(path.slice(path.lastIndexOf('/') + 1));
      const file = readEntryFile(path);
      if (name === null) throw new Error(`${path} is no entry's name`);
      if (typeof file === 'string') throw new Error(`${path} is no entry: ${file}`);
      return { name, file, message: (await readMessage(file, 0, file.messageLength)).toString('latin1') };
    },
    reason: (queue, state) => readFileSync(`${onlyFile(queue, state)}.reason`, 'utf8'),
    write: (path, text) => {
      writeFileSync(join(layout.root, path), text);
      return join(layout.root, path);
    },
    [Symbol.dispose]: () => {
      if (root === undefined) rmSync(own, { recursive: true, force: true });
    },
  };
}

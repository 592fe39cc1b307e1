/**
 * The states of an entry and every move between them.
 *
 *              ┌────────────────────────── recovery ─────────────────────────┐
 *     tmp ──▶ new ──▶ active ──▶ done ──▶ (gone)                             │
 *              ▲  ╲      │ ├───▶ deferred ──▶ active                         │
 *              │   ▼     │ ├───▶ shunt                                       │
 *              └─ held ◀─┘ └────────────────────────────────────────────────▶┘
 *
 * A state is a directory and a move is one rename(2), in move.ts and nowhere else. docs/INTERNALS.md prints
 * MOVES; a test compares the two.
 */

/** The states, each a directory of the same name in the queue's directory. */
export const STATES = ['tmp', 'new', 'active', 'done', 'deferred', 'held', 'shunt', 'bad'] as const;

/** One of {@link STATES}. */
export type State = (typeof STATES)[number];

/** A move: from, to (`null`: outside the spool), who makes it, what it means. */
export type Move = {
  readonly from: State | null;
  readonly to: State | null;
  readonly by: string;
  readonly means: string;
};

/** Every move there is. */
export const MOVES: readonly Move[] = [
  { from: null, to: 'tmp', by: 'create', means: 'being written, no promise yet' },
  {
    from: 'tmp',
    to: 'new',
    by: 'fsync of the file, rename, fsync of the directory',
    means: 'accepted: from here on it is ours to lose',
  },
  { from: 'new', to: 'active', by: 'rename, claims + 1', means: 'claimed by one run' },
  { from: 'deferred', to: 'active', by: 'rename when due, claims + 1', means: 'claimed by one run' },
  { from: 'active', to: null, by: 'unlink', means: 'finished without outputs' },
  {
    from: 'active',
    to: 'done',
    by: 'rename, fsync of the directory',
    means: 'its outputs are written in tmp/ of their queues; what follows only publishes them',
  },
  { from: 'done', to: null, by: 'unlink, after the outputs are in new/', means: 'finished' },
  {
    from: 'active',
    to: 'deferred',
    by: 'rename, due time in the name',
    means: 'temporary failure, or a wait',
  },
  { from: 'active', to: 'held', by: 'rename, reason beside it', means: 'a person decides' },
  {
    from: 'active',
    to: 'shunt',
    by: 'rename, reason beside it',
    means: 'permanent failure of the runner, or its failures used up',
  },
  {
    from: 'active',
    to: 'new',
    by: 'rename, claims - 1',
    means: 'put back by a run that met trouble with the spool itself',
  },
  {
    from: 'active',
    to: 'new',
    by: 'rename by recovery',
    means: 'the run that held it died; claims 0 when its journal came further',
  },
  {
    from: 'active',
    to: 'shunt',
    by: 'rename by recovery, reason beside it',
    means: 'poison: three runs in a row died over it, and brought it no further',
  },
  { from: 'new', to: 'bad', by: 'rename, reason beside it', means: 'not readable as an entry' },
  { from: 'active', to: 'bad', by: 'rename, reason beside it', means: 'not readable as an entry' },
  { from: 'deferred', to: 'bad', by: 'rename, reason beside it', means: 'not readable as an entry' },
  { from: 'new', to: 'held', by: 'operator', means: 'hold' },
  { from: 'deferred', to: 'held', by: 'operator', means: 'hold' },
  { from: 'held', to: 'new', by: 'operator, flag r', means: 'release' },
  { from: 'shunt', to: 'new', by: 'operator, counters 0', means: 'release' },
  { from: 'bad', to: 'new', by: 'operator', means: 'release' },
  { from: 'held', to: null, by: 'operator', means: 'delete' },
  { from: 'shunt', to: null, by: 'operator', means: 'delete' },
  { from: 'bad', to: null, by: 'operator', means: 'delete' },
  { from: 'tmp', to: null, by: 'recovery', means: 'the writer died before accepting' },
];

/** Claims in a row that end in a crash and bring it no further, before an entry counts as poison. */
export const CRASH_LIMIT = 3;

/**
 * Longest wait in deferred/, milliseconds: 30 days. A due time farther away was written by a clock that was wrong, and
 * counts as due.
 */
export const LONGEST_WAIT_MS = 30 * 86_400_000;

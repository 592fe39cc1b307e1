/**
 * A site whose own queues give the verdict that stands in a message's subject, several times side by side, so that a run
 * over one can be killed and started afresh from a copy.
 *
 *     using site = await makeVerdictSite();
 *     const [slot] = site.slots;
 *     await slot.put('hop');
 *     await slot.run(RUN_WORK);
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Lab, makeLab } from './lab.ts';
import { type Copy, IN_MEMORY, makeSlot, type Slot, warmUp } from './slot.ts';

/** A run over the queue that gives verdicts. */
export const RUN_WORK: readonly string[] = ['-r', 'work', '--once', '-v'];
/** A run over everything. */
export const RUN_ALL: readonly string[] = ['--all', '--once', '-v'];

const MODULE = `
import { appendFileSync, readFileSync } from 'node:fs';

const notes = new URL('notes/', import.meta.url);
const copyFor = (entry, queue) => ({ queue, meta: entry.meta, message: { head: Buffer.alloc(0), tailFrom: 0 } });

export async function run(entry, { clock, journal }) {
  const [, subject] = /^Subject: (.*)$/m.exec((await entry.read()).toString());
  const before = readFileSync(new URL('calls', notes), 'utf8');
  appendFileSync(new URL('calls', notes), [entry.queue, entry.id, subject, journal.records().length].join(' ') + '\\n');
  // What an entry led to is done with at once.
  if (entry.meta.origin !== null || entry.released) return { kind: 'done' };
  switch (subject) {
    case 'done': return { kind: 'done' };
    case 'noted': await journal.append({ sent: 1 }); return { kind: 'done' };
    case 'hop': return { kind: 'done', outputs: [copyFor(entry, 'next'), copyFor(entry, 'last')] };
    case 'later': return { kind: 'defer', until: Date.UTC(2100, 0), reason: 'later', failed: false };
    case 'soon':
      if (before.includes(entry.id)) return { kind: 'done' };
      return { kind: 'defer', until: clock.now() + 700, reason: 'soon', failed: false };
    case 'hold': return { kind: 'hold', reason: 'look at it', outputs: [copyFor(entry, 'next')] };
    case 'shunt': return { kind: 'shunt', reason: 'it is wrong' };
    default: throw new Error('this always fails');
  }
}
`;

/** The module decides for all of them; what the others get has been passed on and is done with. */
const YAML = `queues:
  work: { module: ./verdict.mjs }
  next: { module: ./verdict.mjs }
  last: { module: ./verdict.mjs }
  beside: { module: ./verdict.mjs }
limits: { failures: 1 }
`;

/** A post whose subject is what becomes of it. */
export function postThat(subject: string): string {
  return `From: ada@members.example\nSubject: ${subject}\n\nbody of ${subject}\n`;
}

/** One of the sites. */
export type VerdictSlot = Slot & {
  /** Accepts a post that becomes what its subject says. @throws when it is refused */
  readonly put: (subject: string, queue?: string) => Promise<void>;
  /** Runs over the queue that gives verdicts. @throws when it does not end with 0 */
  readonly drain: () => Promise<void>;
  /** What a queue's module was called for: `QUEUE ID SUBJECT RECORDS`, the last one those of the journal. */
  readonly calls: () => string[];
};

/** The sites and the first state of each: a spool that has seen a run and is empty. */
export type VerdictSite = Disposable & { readonly slots: readonly VerdictSlot[]; readonly empty: Copy };

function makeVerdictSlot(lab: Lab): VerdictSlot {
  const slot = makeSlot(lab);
  const must = async (args: readonly string[], input?: string) => {
    const { status, stderr } = await slot.run(args, input);
    if (status !== 0) throw new Error(`qrunner ${args.join(' ')} ended with ${status}: ${stderr}`);
  };
  return {
    ...slot,
    put: (subject, queue = 'work') => must(['inject', 'friends', '-q', queue], postThat(subject)),
    drain: () => must(RUN_WORK),
    calls: () =>
      readFileSync(join(slot.site, 'notes', 'calls'), 'utf8')
        .split('\n')
        .slice(0, -1),
  };
}

/** Makes as many sites as may be worked on side by side. */
export async function makeVerdictSite(count: number): Promise<VerdictSite> {
  const lab = makeLab(IN_MEMORY);
  writeFileSync(join(lab.site, 'qrunner.yaml'), YAML, { flag: 'a' });
  writeFileSync(join(lab.site, 'lists', 'friends.yaml'), 'owners: [owner@members.example]\n');
  writeFileSync(join(lab.site, 'verdict.mjs'), MODULE);
  mkdirSync(join(lab.site, 'notes'));
  writeFileSync(join(lab.site, 'notes', 'calls'), '');
  const slots = Array.from({ length: count }, () => makeVerdictSlot(lab));
  for (const slot of slots) {
    await warmUp(slot);
    await slot.put('done');
    await slot.run(RUN_ALL);
  }
  const [first] = slots;
  if (first === undefined) throw new Error('wanted one site at least');
  writeFileSync(join(first.site, 'notes', 'calls'), '');
  return { slots, empty: first.save(), [Symbol.dispose]: () => lab[Symbol.dispose]() };
}

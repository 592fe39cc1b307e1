/** Accounts for what lies in a slot: nothing may be lost, there twice, or half there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEntryFile } from '../../lib/spool/entry-file.ts';
import { filesInSpool } from './lab.ts';
import type { Words } from './spool-words.ts';
import { postThat, RUN_ALL, type VerdictSlot } from './verdict-site.ts';

/** Where everything has come to. */
export type Ending = {
  /** Entries and what belongs to them, and what was handed on and done with, in words. */
  readonly kept: readonly string[];
  /** Remains that mean nothing: a dead producer's file, half a reason, a journal or a reason without its entry. */
  readonly left: readonly string[];
  /** What is plainly wrong. */
  readonly wrong: readonly string[];
};

const ID = /\d{16}-[0-9a-f]{20}/;

function isRemains(file: string, files: readonly string[]): boolean {
  if (/\/tmp\/[^@]*$/.test(file) || /\.reason\.\d+\.tmp$/.test(file)) return true;
  if (file.endsWith('.reason')) return !files.includes(file.slice(0, -'.reason'.length));
  const [id] = ID.exec(file) ?? [];
  if (!file.includes('/journal/') || id === undefined) return false;
  return !files.some((other) => !/\/journal\/|^bell\//.test(other) && other.includes(id));
}

/** True for a journal in which only recovery wrote: that a run died over an entry is no difference between two ends. */
function isCrashNote(path: string): boolean {
  if (!path.includes('/journal/')) return false;
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  return lines.every((line) => line.startsWith('{"crash":'));
}

/** How the files of a slot's spool are called in words. */
export function look(slot: VerdictSlot, words: Words): string[] {
  return filesInSpool(slot.spool).map((file) => words.text(file));
}

/** Looks at a slot, with nothing running. `promised`: what an end may look like has no entry in between states. */
export function endingOf(slot: VerdictSlot, words: Words): Ending {
  const files = filesInSpool(slot.spool);
  const left = files.filter((file) => isRemains(file, files));
  const rest = files.filter((file) => !left.includes(file) && !isCrashNote(join(slot.spool, file)));
  const wrong = rest.flatMap((file) => {
    if (!/\/(new|held|deferred|shunt)\//.test(file) || file.endsWith('.reason')) return [];
    return messageFault(join(slot.spool, file));
  });
  const handedOn = slot.calls().flatMap((line) => {
    const [queue = '', id = ''] = line.split(' ');
    return queue === 'work' ? [] : [words.text(`${queue} has had ${id}`)];
  });
  // How many runs died over an entry is no difference between two ends.
  const kept = rest.map((file) => words.text(file).replace(/,c\d+/g, ''));
  return { kept: [...kept, ...handedOn].sort(), left: left.map((file) => words.text(file)), wrong };
}

function messageFault(path: string): string[] {
  const entry = readEntryFile(path);
  if (typeof entry === 'string') return [`${path}: ${entry}`];
  const message = readFileSync(path).subarray(entry.messageAt).toString();
  const [, subject = ''] = /^Subject: (.*)$/m.exec(message) ?? [];
  return message === postThat(subject) ? [] : [`${path} has another message: ${message}`];
}

/** What a run says in its log, as far as it is about entries. */
function eventsOf(stderr: string, words: Words): string[] {
  const lines = stderr.matchAll(/^qrunner: ((?:entry|recovery)-[a-z]+) queue=\S+ (?:id|file)=(\S+)/gm);
  return [...lines].map(([, event, id]) => words.text(`${event} ${id}`));
}

/** A run that nothing disturbs: what it does, and where everything has come to after it. */
export type Settled = Ending & { readonly events: readonly string[] };

/** Lets the next run settle everything. */
export async function settle(slot: VerdictSlot, words: Words): Promise<Settled> {
  const { status, stderr } = await slot.run(RUN_ALL);
  const ending = endingOf(slot, words);
  const wrong = status === 0 ? [] : [`the next run ended with ${status}: ${stderr}`];
  return { ...ending, wrong: [...wrong, ...ending.wrong], events: eventsOf(stderr, words) };
}

/** How often the queue that gives verdicts was called for each of its entries. */
export function callsPerEntry(slot: VerdictSlot): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of slot.calls()) {
    const [queue, id = ''] = line.split(' ');
    if (queue === 'work') counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

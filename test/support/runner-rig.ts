/** Runners called by a test: an entry in memory, a clock, a journal and a signal in the test's hands. */
import { mkdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { Test } from 'tap';
import { silentLog } from '../../lib/base/log.ts';
import type { ListSettings, Site } from '../../lib/config/site.ts';
import { addMembers } from '../../lib/list/roster.ts';
import type { RunContext, Verdict } from '../../lib/runners/runner.ts';
import type { Services } from '../../lib/runners/services.ts';
import { EMPTY_META, type Entry, type EntryMeta, type Output } from '../../lib/spool/entry.ts';
import { type Database, openDatabase } from '../../lib/state/database.ts';
import { fakeClock } from './fake-clock.ts';
import { configurationOf, listSettings, siteSettings } from './settings.ts';

/** Noon, when all these entries came. */
export const NOON = Date.UTC(2026, 10, 23, 12);

/** An entry of the list friends@example.org that holds `message`. */
export function entryOf(
  message: string | Buffer,
  meta: Partial<EntryMeta> = {},
  more: Partial<Entry> = {},
): Entry {
  const bytes = Buffer.from(message);
  return {
    id: `${NOON * 1000}-00112233445566778899`,
    queue: 'in',
    receivedAt: NOON,
    failures: 0,
    released: false,
    meta: { ...EMPTY_META, list: 'friends@example.org', role: 'posting', sender: 'ann@example.org', ...meta },
    size: bytes.length,
    readHead: async (limit) => bytes.subarray(0, limit),
    read: async () => bytes,
    stream: (from = 0) => Readable.from([bytes.subarray(from)], { objectMode: false }),
    ...more,
  };
}

/** What a runner is called with, at noon; `records` is the journal, also for looking at. */
export function contextOf(changes: Partial<RunContext> = {}, records: unknown[] = []): RunContext {
  return {
    clock: fakeClock(NOON),
    log: silentLog,
    journal: {
      records: () => [...records],
      append: async (record) => void records.push(record),
    },
    signal: new AbortController().signal,
    ...changes,
  };
}

/** Services over a site in the test's directory, with these members on the list. */
export async function servicesOf(
  t: Test,
  changes: { readonly site?: Partial<Site>; readonly list?: Partial<ListSettings> } = {},
  members: readonly string[] = [],
): Promise<Services & { readonly db: Database; readonly dir: string }> {
  const dir = t.testdir();
  const site = siteSettings(dir, changes.site);
  mkdirSync(site.state, { recursive: true });
  const db = await openDatabase(`${site.state}/qrunner.db`);
  t.teardown(() => db.close());
  const list = listSettings(changes.list);
  addMembers(
    db,
    list.address,
    members.map((address) => ({ address })),
    NOON,
  );
  return { configuration: configurationOf(site, list), database: async () => db, db, dir };
}

/** The whole message of an output of this entry, read as latin1. */
export async function messageOf(entry: Entry, output: Output | undefined): Promise<string> {
  if (output === undefined) throw new Error('there is no such output');
  const { head, tailFrom } = output.message;
  const tail = tailFrom === null ? Buffer.alloc(0) : (await entry.read()).subarray(tailFrom);
  return Buffer.concat([head, tail]).toString('latin1');
}

/** The outputs of a verdict that is done (or hold). */
export function outputsOf(verdict: Verdict): readonly Output[] {
  if (verdict.kind === 'done' || verdict.kind === 'hold') return verdict.outputs;
  throw new Error(`wanted outputs, found ${JSON.stringify(verdict)}`);
}

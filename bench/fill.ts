/** Entries by the thousand for the benches: whole ones, but not synced, since the filling is not what is timed. */
import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../lib/base/clock.ts';
import { QUEUES } from '../lib/config/queue-names.ts';
import { ringBell } from '../lib/spool/bell.ts';
import { EMPTY_META } from '../lib/spool/entry.ts';
import { firstLine } from '../lib/spool/entry-file.ts';
import { encodeMeta } from '../lib/spool/entry-meta.ts';
import { bucketOf, formatName, newName } from '../lib/spool/entry-name.ts';
import { openSpool, type Spool } from '../lib/spool/spool.ts';
import type { BenchSite } from './support.ts';

/** The site's spool, with queues of the bench's own. */
export function spoolOf(site: BenchSite, own: readonly string[] = []): Spool {
  return openSpool(join(site.directory, 'spool'), [...QUEUES.map(({ name }) => name), ...own], systemClock);
}

/** The bytes of an entry with a small message. */
function entryBytes(): Buffer {
  const meta = encodeMeta(EMPTY_META);
  const message = Buffer.from('Subject: bench\n\nAll work and no play makes a dull list.\n');
  return Buffer.concat([firstLine(meta.length, message.length), meta, message]);
}

/** Puts so many entries into new/, with their bells. */
export function fillNew(spool: Spool, queue: string, count: number): void {
  const bytes = entryBytes();
  const directory = spool.layout.directory(queue, 'new');
  for (let entry = 0; entry < count; entry++) {
    const id = spool.freshId();
    writeFileSync(join(directory, id), bytes);
    ringBell(spool.layout, queue, id);
  }
}

/** Links to one file that a file system allows at least (ext4: 65000). */
const LINKS = 60_000;

/**
 * Puts so many entries into deferred/, due within the four hours that follow the next one. Many are links of one file:
 * a scan reads names and opens nothing.
 */
export function fillDeferred(spool: Spool, queue: string, count: number): void {
  const bytes = entryBytes();
  const deferred = spool.layout.directory(queue, 'deferred');
  const from = (Date.now() + 3_600_000) * 1000;
  const made = new Set<string>();
  let source = '';
  for (let entry = 0; entry < count; entry++) {
    const due = from + Math.floor((entry / count) * 4 * 3_600_000_000);
    const directory = join(deferred, bucketOf(due));
    if (!made.has(directory)) mkdirSync(directory, { recursive: true });
    made.add(directory);
    const path = join(directory, formatName({ ...newName(spool.freshId()), due }));
    if (entry % LINKS !== 0) {
      linkSync(source, path);
      continue;
    }
    source = path;
    writeFileSync(source, bytes);
  }
}

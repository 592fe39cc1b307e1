/**
 * 1000 queued posts to a list of three, drained in one run, against the raw cost of durable files on the same disk:
 * write, fsync, rename, fsync of the directory.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../lib/base/clock.ts';
import { QUEUES } from '../lib/config/queue-names.ts';
import { addEntry } from '../lib/spool/add.ts';
import { EMPTY_META } from '../lib/spool/entry.ts';
import { openSpool } from '../lib/spool/spool.ts';
import { type BenchSite, makeSite, median, PROGRAM, report, runProcess } from './support.ts';

const POSTS = 1000;
const MEMBERS = ['ann@example.net', 'bob@example.org', 'carl@example.com'];
const ROUNDS = 3;

const BODY = `${'All work and no play makes a dull list. '.repeat(2)}\n`.repeat(48);

async function fill(site: BenchSite): Promise<number> {
  const spool = openSpool(
    join(site.directory, 'spool'),
    QUEUES.map(({ name }) => name),
    systemClock,
  );
  const started = performance.now();
  for (let post = 0; post < POSTS; post++) {
    const message = Buffer.from(
      `From: ann@example.net\nSubject: Post ${post}\nMessage-ID: <${post}@example.net>\n\n${BODY}`,
    );
    const meta = {
      ...EMPTY_META,
      list: 'friends@lists.example',
      role: 'posting' as const,
      sender: 'ann@example.net',
    };
    await addEntry(spool, 'in', meta, [message]);
  }
  return performance.now() - started;
}

/** One durable file after the other, as many as there are posts. */
function rawFiles(site: BenchSite): number {
  const directory = join(site.directory, 'raw');
  mkdirSync(join(directory, 'tmp'), { recursive: true });
  mkdirSync(join(directory, 'new'), { recursive: true });
  const bytes = Buffer.from(BODY);
  const started = performance.now();
  for (let file = 0; file < POSTS; file++) {
    const temporary = join(directory, 'tmp', String(file));
    const fd = openSync(temporary, 'wx');
    writeSync(fd, bytes);
    fsyncSync(fd);
    closeSync(fd);
    renameSync(temporary, join(directory, 'new', String(file)));
    const names = openSync(join(directory, 'new'), 'r');
    fsyncSync(names);
    closeSync(names);
  }
  return performance.now() - started;
}

function perSecond(count: number, ms: number): number {
  return (count / ms) * 1000;
}

/** Runs the bench and prints its figures. */
export async function thousandPosts(): Promise<void> {
  const rounds: { raw: number; add: number; drain: number; peakMb: number | null }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const site = makeSite(MEMBERS);
    try {
      const raw = rawFiles(site);
      const add = await fill(site);
      const run = runProcess([process.execPath, PROGRAM, '--all', '--once'], site.env);
      for (const member of MEMBERS) {
        const delivered = readdirSync(join(site.directory, 'state/maildir', member, 'new')).length;
        if (delivered !== POSTS) throw new Error(`${member} has ${delivered} of ${POSTS} posts`);
      }
      rounds.push({ raw, add, drain: run.ms, peakMb: run.peakKb === null ? null : run.peakKb / 1024 });
    } finally {
      site.remove();
    }
  }
  // A post is three entries (in, archive, out) and four durable files outside the spool (archive, three members).
  const entries = median(rounds.map(({ drain }) => perSecond(3 * POSTS, drain)));
  const raw = median(rounds.map((round) => perSecond(POSTS, round.raw)));
  const lines = [
    `raw: write, fsync, rename, fsync of the directory   ${raw.toFixed(0)} files/s`,
    `added to the queue, one after the other             ${median(rounds.map(({ add }) => perSecond(POSTS, add))).toFixed(0)} entries/s, ${median(rounds.map((round) => round.raw / round.add)).toFixed(2)} of raw`,
    `drained                                             ${entries.toFixed(0)} entries/s, ${median(rounds.map((round) => (3 * round.raw) / round.drain)).toFixed(2)} of raw`,
    `the same in posts                                   ${median(rounds.map(({ drain }) => perSecond(POSTS, drain))).toFixed(0)} posts/s, each 3 entries and 4 files in Maildirs`,
    `durable files made (2 outputs, 4 in Maildirs a post) ${median(rounds.map(({ drain }) => perSecond(6 * POSTS, drain))).toFixed(0)} files/s, ${median(rounds.map((round) => (6 * round.raw) / round.drain)).toFixed(2)} of raw`,
  ];
  const peaks = rounds.flatMap(({ peakMb }) => peakMb ?? []);
  if (peaks.length > 0)
    lines.push(`peak memory                                         ${median(peaks).toFixed(0)} MB`);
  report(`${POSTS} posts to ${MEMBERS.length} members, ${ROUNDS} rounds`, lines);
}

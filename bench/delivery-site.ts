/** What the delivery benches share: a site that sends to a sink, messages in its queue `out`, timed runs. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ringBell } from '../lib/spool/bell.ts';
import { EMPTY_META } from '../lib/spool/entry.ts';
import { firstLine } from '../lib/spool/entry-file.ts';
import { encodeMeta } from '../lib/spool/entry-meta.ts';
import { spoolOf } from './fill.ts';
import { whenInterrupted } from './interrupted.ts';
import { placed } from './processors.ts';
import { type BenchSite, makeSite, PROGRAM } from './support.ts';

/** So many messages, each to so many recipients. */
export type Shape = { readonly messages: number; readonly recipients: number };

/** `20 x 1000`. */
export const shapeName = ({ messages, recipients }: Shape) => `${messages} x ${recipients}`;

/** Recipients in all. */
export const deliveriesOf = ({ messages, recipients }: Shape) => messages * recipients;

const LINE = 'All work and no play makes a dull list.\n';
/** Bytes of a message's body where nothing else is said. */
export const BODY_BYTES = 4096;

/** A post of a list, with a Message-ID of its own. */
export function messageOf(number: number, bodyBytes = BODY_BYTES): Buffer {
  const head = `From: ann@members.example\nTo: friends@lists.example\nSubject: Post ${number}\nMessage-ID: <${number}@members.example>\n\n`;
  const body = LINE.repeat(Math.ceil(bodyBytes / LINE.length)).slice(0, bodyBytes - 1);
  return Buffer.from(`${head}${body}\n`);
}

/** The sender of all posts. */
export const BOUNCES = 'friends-bounces@lists.example';

/** The recipients of a message: different ones where each message has one. */
export function recipientsOf(shape: Shape, number: number, domain = 'members.example'): string[] {
  if (shape.recipients === 1) return [`member${number}@${domain}`];
  return Array.from({ length: shape.recipients }, (_, index) => `member${index}@${domain}`);
}

/** A site that is removed when it is disposed of. */
export type SendingSite = BenchSite & Disposable;

/** A site whose qrunner.yaml has these lines, and whose list friends has these members and lines of its own. */
export async function makeSendingSite(
  yaml: string,
  list: { readonly members?: readonly string[]; readonly yaml?: string } = {},
): Promise<SendingSite> {
  const site = makeSite([]);
  const cleared = whenInterrupted(site.remove);
  const remove = () => {
    cleared();
    site.remove();
  };
  try {
    const words = 'domain: lists.example\nowner: postmaster@lists.example\nspool: spool\nstate: state\n';
    writeFileSync(join(site.directory, 'qrunner.yaml'), `${words}${yaml}`);
    site.qrunner(['list', 'create', 'friends', '--owner', 'owner@members.example']);
    writeFileSync(
      join(site.directory, 'lists/friends.yaml'),
      `owners: [owner@members.example]\n${list.yaml ?? ''}`,
    );
    if (list.members) site.qrunner(['member', 'add', 'friends', '-'], list.members.join('\n'));
    // A configuration that was changed within the last two seconds is not kept in the cache.
    await sleep(2_500);
    site.qrunner(['queue']);
    return { ...site, remove, [Symbol.dispose]: remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Connections at once that the site is told to make; as it makes them by itself where nothing is said. */
const CONNECTIONS = process.env.QRUNNER_BENCH_CONNECTIONS;

/** The section `transport` that leads to a sink. */
export function transportTo(port: number): string {
  const connections = CONNECTIONS === undefined ? '' : `, connections: ${CONNECTIONS}`;
  return `transport: { type: smtp, host: 127.0.0.1, port: ${port}${connections} }\n`;
}

/** Puts a message for these recipients into `out`. It is on the disk after {@link settle}. */
export function fillOut(site: BenchSite, message: Buffer, recipients: readonly string[]): void {
  const spool = spoolOf(site);
  const meta = encodeMeta({ ...EMPTY_META, list: 'friends@lists.example', sender: BOUNCES, recipients });
  const id = spool.freshId();
  const path = join(spool.layout.directory('out', 'new'), id);
  writeFileSync(path, Buffer.concat([firstLine(meta.length, message.length), meta, message]));
  ringBell(spool.layout, 'out', id);
}

/** Writes to the disk what was not synced, so that no timed sync pays for the filling. */
export function settle(): void {
  if (spawnSync('sync', ['-f', tmpdir()]).status !== 0) throw new Error('sync -f does not work here');
}

/** A whole run of the program. */
export type TimedRun = {
  /** `performance.now()` at its start and its end. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly ms: number;
  /** User and system. */
  readonly cpuMs: number;
  readonly peakKb: number;
  /** What it logged, as under systemd. */
  readonly log: string;
};

/** Runs the program to its end as a unit would. @throws when it fails or does not end in time */
export async function timedRun(
  site: BenchSite,
  args: readonly string[],
  patienceMs = 120_000,
): Promise<TimedRun> {
  const directory = mkdtempSync(join(tmpdir(), 'qrunner-timed-'));
  const log = join(directory, 'log');
  const fd = openSync(log, 'w');
  const used = join(directory, 'used');
  const words = [
    ...placed('sender'),
    '/usr/bin/time',
    '-o',
    used,
    '-f',
    '%M %U %S',
    process.execPath,
    PROGRAM,
    ...args,
  ];
  try {
    const startedAt = performance.now();
    const [file = '', ...rest] = words;
    const child = spawn(file, rest, {
      env: { ...site.env, JOURNAL_STREAM: '0:0' },
      detached: true,
      stdio: ['ignore', 'ignore', fd],
    });
    const { pid } = child;
    // A group of its own: the program is time's child.
    const kill = () => void (pid !== undefined && process.kill(-pid, 'SIGKILL'));
    const timer = setTimeout(kill, patienceMs);
    const cleared = whenInterrupted(() => {
      rmSync(directory, { recursive: true, force: true });
      kill();
    });
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    const endedAt = performance.now();
    clearTimeout(timer);
    cleared();
    const said = readFileSync(log, 'utf8');
    if (status !== 0)
      throw new Error(`qrunner ${args.join(' ')} ended with status ${status}: ${said.slice(-2000)}`);
    const [peakKb = 0, user = 0, system = 0] = readFileSync(used, 'utf8').trim().split(' ').map(Number);
    return { startedAt, endedAt, ms: endedAt - startedAt, cpuMs: 1000 * (user + system), peakKb, log: said };
  } finally {
    closeSync(fd);
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Drains the queue `out`. */
export const runOut = (site: BenchSite, patienceMs?: number) =>
  timedRun(site, ['--runner', 'out', '--once'], patienceMs);

/**
 * A checked configuration kept as JSON, so that an empty run need not load a YAML parser.
 *
 * Promises: what {@link loadCached} gives is what reading the files again would give. Each file that was read or
 * checked is stamped with device, inode, size and both times, and so are the lists' directory and the program
 * itself (a new version, or a new build of the same one, starts afresh). A file changed less than two seconds
 * before it was read is not trusted to show a second change in its times, so such a configuration is not kept.
 * A cache that another user could have written is not believed.
 * Fails: silently, by doing without the cache. Loads no package.
 */
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { credentialName } from './credential-name.ts';
import type { Configuration, ListSettings, Site } from './site.ts';
import { transportsOf } from './transports-of.ts';

/** Raised when {@link Configuration} changes its shape. */
const FORMAT = 4;

/** Times of files may be this coarse, milliseconds: FAT has two seconds, everything else is finer. */
const RACY_MS = 2_000;

/** The file of a cache. */
type CacheFile = {
  readonly format: number;
  readonly program: string;
  readonly stamps: Stamps;
  readonly site: Site;
  readonly lists: readonly ListSettings[];
};

/** Whose cache, and where. */
export type CacheOwner = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Effective user id. */
  readonly uid: number;
};

/**
 * Where the cache of the site file `file` lies: $CACHE_DIRECTORY (systemd sets it), else /var/cache/qrunner for
 * root, else $XDG_CACHE_HOME/qrunner, else ~/.cache/qrunner. `null` when there is no such site file.
 * Root never uses a home directory: under sudo it may be somebody else's.
 */
export function cacheFileOf(file: string, { env, home, uid }: CacheOwner): string | null {
  const given = env.CACHE_DIRECTORY?.split(':')[0];
  const xdg = env.XDG_CACHE_HOME;
  let directory = path.join(
    xdg !== undefined && path.isAbsolute(xdg) ? xdg : path.join(home, '.cache'),
    'qrunner',
  );
  if (uid === 0) directory = '/var/cache/qrunner';
  if (given) directory = given;
  try {
    return path.join(directory, `qrunner-${nameOf(realpathSync(file))}.json`);
  } catch {
    return null;
  }
}

/** A path as a file name: as it is, so that no hash function need be loaded, or hashed when it is too long for one. */
function nameOf(file: string): string {
  const name = encodeURIComponent(file);
  if (name.length <= 200) return name;
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(file).digest('hex');
}

/** Two different contents of `file` have two different stamps, as far as the file system can tell. */
function stampOf(file: string): { readonly stamp: string; readonly changedAt: number } {
  const { dev, ino, size, mtimeNs, ctimeNs, mtimeMs, ctimeMs } = statSync(file, { bigint: true });
  const changedAt = Math.max(Number(mtimeMs), Number(ctimeMs));
  return { stamp: [dev, ino, size, mtimeNs, ctimeNs].join(' '), changedAt };
}

/** The stamp of the program's file: it differs when a new version, or a new build, lies there. @throws when it is gone */
export function programStamp(): string {
  return stampOf(fileURLToPath(import.meta.url)).stamp;
}

/** Every path on which `configuration` depends. */
function sourcesOf({ site, lists }: Configuration): string[] {
  const sources = [site.file, site.lists, ...[...lists.values()].map((list) => list.file)];
  for (const settings of [...transportsOf(site), site.news]) {
    const file = settings && 'auth' in settings ? settings.auth?.passwordFile : undefined;
    if (file !== undefined && credentialName(file) === null) sources.push(file);
    if (settings && 'command' in settings) sources.push(settings.command[0] ?? '');
  }
  for (const queue of Object.values(site.queues)) {
    sources.push(queue.kind === 'module' ? queue.path : (queue.command[0] ?? ''));
  }
  return [...new Set(sources)];
}

/** Stamps by path. */
export type Stamps = Readonly<Record<string, string>>;

/**
 * Stamps of everything on which `configuration` depends, or `null` when something changed later than two seconds
 * before `readAt` (milliseconds since the epoch, before the first file was read). @throws the system's error
 */
export function stampsOf(configuration: Configuration, readAt: number): Stamps | null {
  const stamps: Record<string, string> = {};
  for (const source of sourcesOf(configuration)) {
    const { stamp, changedAt } = stampOf(source);
    if (changedAt > readAt - RACY_MS) return null;
    stamps[source] = stamp;
  }
  return stamps;
}

/** Whether everything is as it was stamped. @throws the system's error when something is gone */
export function isUnchanged(stamps: Stamps): boolean {
  return Object.entries(stamps).every(([source, stamp]) => stampOf(source).stamp === stamp);
}

/** The text of a file of this user that nobody else may write. @throws where it is another's, or not there */
function readOwn(cacheFile: string): string {
  const fd = openSync(cacheFile, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { mode, uid } = fstatSync(fd);
    const regular = (mode & constants.S_IFMT) === constants.S_IFREG;
    if (!regular || uid !== process.geteuid?.() || (mode & 0o022) !== 0)
      throw new Error('not a cache of this user');
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

/** The envelope of a cache of this program; its contents are believed, since only this program wrote them. */
function isCacheFile(value: unknown): value is CacheFile {
  if (typeof value !== 'object' || value === null) return false;
  if (!('format' in value && 'program' in value && 'stamps' in value && 'site' in value && 'lists' in value))
    return false;
  const shaped = typeof value.stamps === 'object' && value.stamps !== null && Array.isArray(value.lists);
  return shaped && value.format === FORMAT && value.program === programStamp();
}

/** The configuration of `file` as it was kept, or `null` when it must be read anew. */
export async function loadCached(file: string, cacheFile: string): Promise<Configuration | null> {
  try {
    const cache: unknown = JSON.parse(readOwn(cacheFile));
    if (!isCacheFile(cache)) return null;
    const { site, lists, stamps } = cache;
    // Two links to one file share a cache, but relative paths count from where each of them lies.
    if (site.file !== path.resolve(file)) return null;
    if (!isUnchanged(stamps)) return null;
    return { site, lists: new Map(lists.map((list) => [list.address, list])) };
  } catch {
    return null;
  }
}

/**
 * Keeps a configuration. `readAt`: milliseconds since the epoch before the first of its files was read; what
 * changed later than two seconds before that is not kept.
 */
export async function storeCache(
  configuration: Configuration,
  cacheFile: string,
  readAt: number = Date.now(),
): Promise<void> {
  // The time beside the process id: a file left by a killed process of the same id must not be in the way.
  const temporary = `${cacheFile}.${process.pid}.${Date.now()}`;
  try {
    const stamps = stampsOf(configuration, readAt);
    if (stamps === null) return;
    const lists = [...configuration.lists.values()];
    const cache: CacheFile = {
      format: FORMAT,
      program: programStamp(),
      stamps,
      site: configuration.site,
      lists,
    };
    mkdirSync(path.dirname(cacheFile), { recursive: true, mode: 0o700 });
    // Not synced: a cache torn by a crash is no JSON, and is then ignored.
    writeFileSync(temporary, JSON.stringify(cache), { flag: 'wx', mode: 0o600 });
    renameSync(temporary, cacheFile);
  } catch {
    try {
      rmSync(temporary, { force: true });
    } catch {
      // A directory that cannot be written at all holds no remains either.
    }
  }
}

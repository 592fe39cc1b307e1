/** What units are made for: the site, the manager, the shape, the program. */
import { join, relative } from 'node:path';
import { QUEUES } from '../config/queue-names.ts';
import type { Site } from '../config/site.ts';
import { transportsOf } from '../config/transports-of.ts';
import { literal } from './escape.ts';

/** `single`: one path unit on the bells. `per-queue`: one on each queue, each with its own service. */
export type Shape = 'single' | 'per-queue';

/** Everything the generator is told. */
export type UnitPlan = {
  /** First part of every name; another one for each further site of a host. */
  readonly name: string;
  readonly site: Site;
  readonly shape: Shape;
  /** The system's systemd, or the one of the user who asks. */
  readonly manager: 'system' | 'user';
  /** The program: an absolute path, and what stands between it and our options. */
  readonly exec: readonly string[];
  /** Whether the program was named by the administrator, and is to be kept when units are made again. */
  readonly execNamed: boolean;
  /** Follows symbolic links; the path itself where it is not there. */
  readonly realPath: (path: string) => string;
};

/** A file that is made. */
export type UnitFile = {
  /** Which directory it goes to. */
  readonly kind: 'unit' | 'sysusers' | 'tmpfiles';
  /** File name, without directory. */
  readonly name: string;
  readonly text: string;
};

/** What a name may be: it becomes a part of unit names, directories and a user-visible word. */
export const UNIT_NAME = /^[a-z][a-z0-9-]{0,63}$/;

/** Units that are enabled and started; the services are started by them. */
export function isActivator(name: string): boolean {
  return /\.(path|timer|socket|target)$/.test(name);
}

/** Names of the site's queues, ours first. */
export function queuesOf(site: Site): string[] {
  return [...QUEUES.map(({ name }) => name), ...Object.keys(site.queues)];
}

/** True for `path` itself and everything below it. */
function isBelow(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way === '' || (way !== '..' && !way.startsWith('../'));
}

/** Directories without those that lie below another one of them. */
function outermost(paths: readonly string[]): string[] {
  const all = [...new Set(paths)];
  return all.filter((path) => !all.some((other) => other !== path && isBelow(path, other)));
}

/** Directories a service writes to. `queue`: only what this queue's runner needs; `null` for a whole run. */
export function writablePaths(site: Site, queue: string | null): string[] {
  const { spool, state, archive } = site;
  const paths = [spool, state];
  if (queue === null || queue === 'archive') paths.push(archive);
  for (const transport of queue === null || queue === 'out' ? transportsOf(site) : []) {
    if (transport.type === 'maildir') paths.push(transport.path);
  }
  return outermost(paths);
}

/** Every path that must be seen from inside the sandbox. */
export function neededPaths({ site, exec, realPath }: UnitPlan): string[] {
  const paths = [site.file, site.lists, ...writablePaths(site, null), ...exec];
  for (const settings of [...transportsOf(site), site.news]) {
    if (settings && 'socket' in settings && settings.socket !== null) paths.push(settings.socket);
    if (settings && 'auth' in settings && settings.auth) paths.push(settings.auth.passwordFile);
    if (settings && 'command' in settings) paths.push(settings.command[0] ?? '');
  }
  for (const queue of Object.values(site.queues)) {
    paths.push(queue.kind === 'module' ? queue.path : (queue.command[0] ?? ''));
  }
  return paths.filter((path) => path.startsWith('/')).flatMap((path) => [path, realPath(path)]);
}

/** Whether one of the paths lies below one of the directories. */
export function someBelow(paths: readonly string[], directories: readonly string[]): boolean {
  return paths.some((path) => directories.some((directory) => isBelow(path, directory)));
}

/** Path of the LMTP socket as units name it (`%t`: the manager's runtime directory), or `null` when there is none. */
export function lmtpSocket({ name, site }: UnitPlan): string | null {
  const { lmtp, lmtpSocket: path } = site.systemd;
  if (!lmtp) return null;
  return path === null ? join('%t', name, 'lmtp.sock') : literal(path);
}

/**
 * Which qrunner.yaml is meant: the option --config, else the variable QRUNNER_CONFIG, else
 * /etc/qrunner/qrunner.yaml, else the one in the user's configuration directory.
 *
 * Promises: what is named outright is never replaced by another one; loads no package.
 * Fails: by `file: null`, with everything that was looked at.
 */
import { statSync } from 'node:fs';
import path from 'node:path';

/** The site's file in whatever directory. */
export const SITE_FILE_NAME = 'qrunner.yaml';

/** What lies at a path. */
export type Kind = 'file' | 'directory' | 'none';

/** Where to look. */
export type FindOptions = {
  /** Value of --config: a file, or a directory that holds a qrunner.yaml. */
  readonly option?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home directory. */
  readonly home: string;
  /** For tests; by default the file system is asked. */
  readonly exists?: (file: string) => Kind;
};

/** What stat(2) says; a thing that cannot be seen is not there. A pipe counts as a file. */
function look(file: string): Kind {
  try {
    return statSync(file).isDirectory() ? 'directory' : 'file';
  } catch {
    return 'none';
  }
}

/** The site's file, absolute, or `null`; and every path that was looked at, in order. */
export function findSiteFile({ option, env, home, exists = look }: FindOptions): {
  readonly file: string | null;
  readonly tried: readonly string[];
} {
  const named = option ?? (env.QRUNNER_CONFIG || undefined);
  const xdg = env.XDG_CONFIG_HOME;
  // The XDG base directory specification: a relative path in the variable is to be ignored.
  const userDirectory = xdg !== undefined && path.isAbsolute(xdg) ? xdg : path.join(home, '.config');
  const candidates =
    named === undefined
      ? [path.join('/etc/qrunner', SITE_FILE_NAME), path.join(userDirectory, 'qrunner', SITE_FILE_NAME)]
      : [path.resolve(named)];
  const tried: string[] = [];
  for (const candidate of candidates) {
    const directory = exists(candidate) === 'directory';
    const file = directory ? path.join(candidate, SITE_FILE_NAME) : candidate;
    tried.push(file);
    if (exists(file) === 'file') return { file, tried };
  }
  return { file: null, tried };
}

/** From the command line to the site: find its file, check all of it, open what a command needs of it. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { ExpectedError, errorCode, errorText, TemporaryError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import { findSiteFile } from '../config/find.ts';
import { openConfiguration } from '../config/open.ts';
import { QUEUES } from '../config/queue-names.ts';
import type { Configuration, ListSettings, Site } from '../config/site.ts';
import { openSpool, type Spool } from '../spool/spool.ts';
import type { Database } from '../state/connection.ts';
import type { Context } from './context.ts';
import { complain } from './io.ts';

/** The path of the site's file. @throws ExpectedError (EX_CONFIG) that names the places looked at */
export function siteFile(context: Context): string {
  const { file, tried } = findSiteFile({
    option: context.globals().config,
    env: context.io.env,
    home: homedir(),
  });
  if (file !== null) return file;
  throw new ExpectedError(
    EX.CONFIG,
    `no configuration: looked at ${tried.join(', ')}. Write one with "qrunner init DIR", then use --config DIR`,
  );
}

/** The checked configuration. @throws ExpectedError (EX_CONFIG) after all problems were written to standard error */
export async function openSite(context: Context): Promise<Configuration> {
  const file = siteFile(context);
  const { configuration, problems } = await openConfiguration(file, { cache: true, env: context.io.env });
  if (configuration !== null) return configuration;
  const { formatProblem } = await import('../config/format-problem.ts');
  const colour = context.io.stderr.isTTY === true;
  for (const problem of problems)
    complain(context.io, formatProblem(problem, { colour, base: process.cwd() }));
  const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`;
  throw new ExpectedError(EX.CONFIG, `the configuration has ${count}; nothing was started`);
}

/** Names of all queues of the site, in the order of the mail's way. */
export function queueNames(site: Site): string[] {
  return [...QUEUES.map(({ name }) => name), ...Object.keys(site.queues)];
}

/** The site's spool. @throws TemporaryError */
export function openSiteSpool(site: Site): Spool {
  return openSpool(site.spool, queueNames(site), systemClock);
}

/** The state, opened at the first call and closed at the end of the process. @throws TemporaryError */
export function lazyDatabase(site: Site): () => Promise<Database> {
  let opened: Promise<Database> | null = null;
  return () => {
    opened ??= openState(site);
    return opened;
  };
}

async function openState(site: Site): Promise<Database> {
  const { ensureDir } = await import('fs-extra/esm');
  try {
    // One user runs everything that opens the state.
    await ensureDir(site.state, 0o750);
  } catch (error) {
    if (errorCode(error) === null) throw error;
    throw new TemporaryError(`cannot make the state directory ${site.state}: ${errorText(error)}`, {
      cause: error,
    });
  }
  const { openDatabase } = await import('../state/database.ts');
  return openDatabase(join(site.state, 'qrunner.db'));
}

/**
 * The list a person means: `friends`, or `friends@example.org`.
 * @throws ExpectedError (EX_NOUSER) that names the lists there are
 */
export function findList(configuration: Configuration, name: string): ListSettings {
  const { lists, site } = configuration;
  const wanted = name.toLowerCase();
  const list = lists.get(wanted.includes('@') ? wanted : `${wanted}@${site.domain}`);
  if (list) return list;
  const same = [...lists.values()].filter((other) => other.name === wanted);
  if (same.length === 1 && same[0]) return same[0];
  const there = [...lists.keys()].slice(0, 10).join(', ');
  throw new ExpectedError(EX.NOUSER, `no list "${name}"${there === '' ? '' : `: there are ${there}`}`);
}

/**
 * Reads and checks the whole configuration: the site's file and every list's.
 *
 * Promises: tells of every mistake of every file at once, those of lists even when the site's file has some;
 * the configuration is `null` exactly when there are problems; writes nothing.
 * Loads yaml and valibot: import this file lazily (open.ts does).
 */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { errorCode, errorText } from '../base/errors.ts';
import { parseDomain } from './address.ts';
import { DEFAULT_BOUNCES } from './bounce-settings.ts';
import { objectionOf } from './fields.ts';
import { parseListFileName } from './list-name.ts';
import { listSchema } from './list-schema.ts';
import { shellWord } from './named-files.ts';
import { byPosition, fileProblem, type Loaded, type Problem, show } from './problem.ts';
import { isMapping } from './section.ts';
import type { ListSettings, RetrySettings, Site } from './site.ts';
import { siteSchema } from './site-schema.ts';
import { type KeyPath, readSource, type Source } from './yaml-source.ts';

/** The checked value of a source, or `null`, and all that is wrong with it. */
function judge<T>(
  source: Source,
  schema: v.GenericSchema<unknown, T>,
): { value: T | null; problems: Problem[] } {
  const problems = [...source.problems];
  if (!source.sound) return { value: null, problems };
  const result = v.safeParse(schema, source.data ?? {});
  for (const issue of result.issues ?? []) {
    const keys: KeyPath = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)));
    const part = issue.path?.at(-1)?.origin === 'key' ? 'key' : 'value';
    problems.push(source.problem(keys, part, objectionOf(issue.message)));
  }
  problems.sort(byPosition);
  return { value: result.success && problems.length === 0 ? result.output : null, problems };
}

/** In the place of what a site with mistakes says: no list disagrees with it. */
const ANY_RETRY: RetrySettings = { firstMs: 1, maxMs: Infinity, giveUpMs: Infinity, warnMs: null };

/** What lists must know of their site; a guess from its raw data where it has mistakes. */
function factsOf(file: string, site: Site | null, raw: unknown) {
  const data = isMapping(raw) ? raw : {};
  const { lists, domain, queues, news } = data;
  return {
    lists:
      site?.lists ?? path.resolve(path.dirname(file), typeof lists === 'string' && lists ? lists : 'lists'),
    domain: site?.domain ?? (typeof domain === 'string' ? parseDomain(domain) : null) ?? 'unknown.invalid',
    queues: isMapping(queues) ? Object.keys(queues) : [],
    news: isMapping(news),
    messageSize: site?.limits.messageSize ?? 0,
    retry: site?.retry ?? ANY_RETRY,
    bounces: site?.bounces ?? DEFAULT_BOUNCES,
  };
}

/** Names of the lists' files in `directory`, sorted; or the error. Hidden files and other endings are no lists. */
async function listFiles(directory: string): Promise<string[] | { error: unknown }> {
  try {
    const names = await readdir(directory);
    return names.filter((name) => !name.startsWith('.') && /\.ya?ml$/i.test(name)).sort();
  } catch (error) {
    return { error };
  }
}

/** Reads the configuration whose site file is `file`. Never throws for what is in the files. */
export async function loadConfiguration(file: string): Promise<Loaded> {
  const siteFile = path.resolve(file);
  const source = await readSource(siteFile);
  const { value: site, problems } = judge(source, siteSchema(siteFile));
  const facts = factsOf(siteFile, site, source.data);
  const names = await listFiles(facts.lists);
  const lists = new Map<string, ListSettings>();
  /** File names by address. */
  const taken = new Map<string, string>();
  if ('error' in names) {
    // With mistakes in the site's file nobody knows whether this directory is meant at all.
    if (site) {
      const missing = errorCode(names.error) === 'ENOENT';
      problems.push(
        source.problem(['lists'], 'value', {
          message: missing
            ? `found no directory ${show(facts.lists)}, wanted the directory of the lists' files`
            : `found ${show(facts.lists)}: ${errorText(names.error)}`,
          fix: missing ? `mkdir ${shellWord(facts.lists)}` : 'name a directory that this user may read',
        }),
      );
    }
  } else {
    for (const fileName of names) {
      const listFile = path.join(facts.lists, fileName);
      const identity = parseListFileName(fileName, facts.domain);
      // A file under a wrong name is judged all the same, as if it were called something.
      const { name, domain } = 'message' in identity ? { name: 'list', domain: facts.domain } : identity;
      if ('message' in identity) problems.push(fileProblem(listFile, identity));
      const schema = listSchema({ ...facts, file: listFile, name, domain });
      const { value: list, problems: mistakes } = judge(await readSource(listFile), schema);
      problems.push(...mistakes);
      if ('message' in identity) continue;
      const address = `${name}@${domain}`;
      const other = taken.get(address);
      if (other !== undefined) {
        problems.push(
          fileProblem(listFile, {
            message: `found a second list with the address ${show(address)}, the first is ${show(other)}`,
            fix: 'remove or rename one of the two files',
          }),
        );
      }
      taken.set(address, fileName);
      if (list) lists.set(address, list);
    }
  }
  if (site === null || problems.length > 0) return { configuration: null, problems };
  return { configuration: { site, lists }, problems: [] };
}

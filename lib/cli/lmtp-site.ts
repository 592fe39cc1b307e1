/** The site behind `qrunner lmtp`: a configuration that is looked at again, and the spool that belongs to it. */
import { ExpectedError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import { openConfiguration } from '../config/open.ts';
import type { Configuration } from '../config/site.ts';
import type { Spool } from '../spool/spool.ts';
import type { Context } from './context.ts';
import { openSiteSpool, queueNames, siteFile } from './open-site.ts';

/**
 * The configuration, read again when it is older than asked for. Calls that come together share one reading.
 * @throws ExpectedError (EX_CONFIG) with the first mistake, on one line
 */
export function freshConfiguration(
  context: Context,
  now: () => number = () => performance.now(),
): (maxAgeMs: number) => Promise<Configuration> {
  let latest: { readonly startedAt: number; readonly reading: Promise<Configuration> } | null = null;
  return (maxAgeMs) => {
    const time = now();
    if (latest !== null && time - latest.startedAt < maxAgeMs) return latest.reading;
    const reading = read(context);
    latest = { startedAt: time, reading };
    // A mistake is not kept: the next call looks again.
    reading.catch(() => {
      if (latest?.reading === reading) latest = null;
    });
    return reading;
  };
}

async function read(context: Context): Promise<Configuration> {
  const file = siteFile(context);
  const { configuration, problems } = await openConfiguration(file, { cache: true, env: context.io.env });
  if (configuration !== null) return configuration;
  const { formatProblem } = await import('../config/format-problem.ts');
  const [first] = problems;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more: qrunner check)` : '';
  throw new ExpectedError(
    EX.CONFIG,
    `the configuration is wrong: ${first ? formatProblem(first) : 'no reason given'}${more}`,
  );
}

/** The spool of a configuration; the same one as long as it is in the same place with the same queues, so that syncs are shared. */
export function sharedSpool(): (configuration: Configuration) => Spool {
  let latest: { readonly key: string; readonly spool: Spool } | null = null;
  return ({ site }) => {
    const key = JSON.stringify([site.spool, queueNames(site)]);
    if (latest?.key !== key) latest = { key, spool: openSiteSpool(site) };
    return latest.spool;
  };
}

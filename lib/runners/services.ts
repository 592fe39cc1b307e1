/** What runners are opened with: the configuration, and the state when they ask for it. */
import { ExpectedError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import type { Configuration, ListSettings } from '../config/site.ts';
import type { Entry } from '../spool/entry.ts';
import type { Database } from '../state/connection.ts';

/** Shared by the runners of one run. */
export type Services = {
  readonly configuration: Configuration;
  /** Opens the state on the first call. */
  readonly database: () => Promise<Database>;
};

/**
 * The list an entry is for.
 * @throws ExpectedError when it has none or the list is no longer there: the entry is then deferred, and in the
 * end shunted, so that a list taken away by mistake loses nothing
 */
export function listOf(services: Services, entry: Entry): ListSettings {
  const address = entry.meta.list;
  if (address === null) throw new ExpectedError(EX.NOUSER, `entry ${entry.id} is for no list`);
  const list = services.configuration.lists.get(address);
  if (!list)
    throw new ExpectedError(
      EX.NOUSER,
      `no list ${address}: is its file still in ${services.configuration.site.lists}?`,
    );
  return list;
}

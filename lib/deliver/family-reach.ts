/**
 * Whether the networks of IPv6 and IPv4 can be reached from here, as far as a run has found out. A computer may have an
 * address of a network without a way to it; it must not cost its time-out at each host.
 */
import { isIP } from 'node:net';

/** What a run knows. */
export type FamilyReach = {
  /** Says that a connection to `address` came about, or did not. */
  readonly note: (address: string, connected: boolean) => void;
  /** `addresses` with those of a family behind that has failed and never worked; else as they are. */
  readonly likelyFirst: (addresses: readonly string[]) => readonly string[];
};

/** Nothing is known yet. */
export function familyReach(): FamilyReach {
  const failed = new Set<number>();
  const worked = new Set<number>();
  const isDoubtful = (address: string): boolean => {
    const family = isIP(address);
    return failed.has(family) && !worked.has(family);
  };
  return {
    note: (address, connected) => void (connected ? worked : failed).add(isIP(address)),
    likelyFirst: (addresses) => [
      ...addresses.filter((address) => !isDoubtful(address)),
      ...addresses.filter(isDoubtful),
    ],
  };
}

/**
 * The way to the mail servers of a domain: the first of them that lets us in.
 *
 * Promises: hosts are tried in the order of their preference, among equals by lot (RFC 5321 section 5.1), each with its
 * addresses, at most five addresses in all; those of a network that this computer is not in do not count, and once it
 * has shown, they come behind the others. The next is tried when there is no connection, or no greeting that lets us in, or no TLS where it is required,
 * and for the next lane when the server says goodbye to the first MAIL; never for a reply about a sender or a recipient.
 * An address that failed is tried behind all others for the rest of the run.
 * Fails: opening throws a ConnectFailure that names each address and what was wrong with it.
 */
import { errorText, TemporaryError } from '../base/errors.ts';
import type { MxSettings } from '../config/site.ts';
import type { Peer } from '../smtp/open-socket.ts';
import { type Carrier, ConnectFailure, type Lane, RUN_IS_ENDING } from '../smtp/transport.ts';
import { type FamilyReach, familyReach } from './family-reach.ts';
import type { MxHost, MxLookup } from './mx-hosts.ts';

/** What a carrier needs beside its settings. */
export type MxCarrierOptions = {
  readonly lookup: Pick<MxLookup, 'addressesOf'>;
  /**
   * Opens a connection to an IP address. `serverName`: what the certificate is checked for; left out when mail is for the
   * address itself.
   * @throws TemporaryError when it cannot
   */
  readonly openSession: (peer: Peer, serverName: string | undefined, signal?: AbortSignal) => Promise<Lane>;
  /** What a run knows of the networks; shared by its carriers. @default nothing */
  readonly reach?: FamilyReach;
  /** A number from 0 to below 1. @default Math.random */
  readonly random?: () => number;
};

/** Addresses tried for one lane: those that count, and all. */
const MOST_ADDRESSES = 5;
const MOST_OF_ALL = 20;

/** No route, no such family, no address of our own in it. */
const NOT_OUR_NETWORK = /\b(?:ENETUNREACH|EHOSTUNREACH|EAFNOSUPPORT|EADDRNOTAVAIL)\b/;

/**
 * The carrier for all domains that have these hosts: it has one name, and so they are one destination. An unusual port and
 * another `tls` than opportunistic are part of the name: what must not be said in the clear is not sent over a lane that
 * was opened for other mail.
 */
export function mxCarrier(
  { port, tls, connections }: Pick<MxSettings, 'port' | 'tls' | 'connections'>,
  hosts: readonly MxHost[],
  { lookup, openSession, reach = familyReach(), random = Math.random }: MxCarrierOptions,
): Carrier {
  const names = hosts.map(({ name }) => name).sort();
  /** Addresses that failed. */
  const failing = new Set<string>();

  /** Every address in the order in which it is to be tried; what cannot be looked up is put into `failures`. */
  async function* targets(failures: string[], signal?: AbortSignal): AsyncGenerator<Target> {
    const later: Target[] = [];
    for (const host of inOrder(hosts, random)) {
      if (signal?.aborted) return;
      const found = await lookup.addressesOf(host.name);
      if (found.kind === 'trouble') failures.push(`${host.name}: ${found.words}`);
      if (found.kind !== 'found') continue;
      for (const address of reach.likelyFirst(found.addresses)) {
        if (failing.has(address)) later.push({ host: host.name, address });
        else yield { host: host.name, address };
      }
    }
    yield* later;
  }

  async function open(signal?: AbortSignal): Promise<Lane> {
    const failures: string[] = [];
    let conversation = '';
    let tried = 0;
    let counted = 0;
    for await (const { host, address } of targets(failures, signal)) {
      if (signal?.aborted || counted >= MOST_ADDRESSES || tried >= MOST_OF_ALL) break;
      tried++;
      try {
        const named = host.startsWith('[') ? undefined : host;
        const lane = await openSession({ host: address, port }, named, signal);
        failing.delete(address);
        reach.note(address, true);
        return watched(lane, () => void failing.add(address));
      } catch (error) {
        if (!(error instanceof TemporaryError)) throw error;
        if (signal?.aborted) throw error;
        const words = errorText(error);
        if (!NOT_OUR_NETWORK.test(words)) counted++;
        const said = error instanceof ConnectFailure ? error.conversation : '';
        if (said !== '') conversation = said;
        reach.note(address, said !== '');
        failing.add(address);
        failures.push(words.includes(host) ? words : `${host}: ${words}`);
      }
    }
    if (signal?.aborted) throw new ConnectFailure(RUN_IS_ENDING, conversation);
    throw new ConnectFailure(failures.join('; ') || `no address of ${names.join(', ')}`, conversation);
  }

  const name = `mx:${names.join(',')}${port === 25 ? '' : `:${port}`}${tls === 'opportunistic' ? '' : `/${tls}`}`;
  return { name, connections, open };
}

type Target = { readonly host: string; readonly address: string };

/** `lane`; calls `onGoodbye` when it ends before it has taken anything. */
function watched(lane: Lane, onGoodbye: () => void): Lane {
  let served = false;
  return {
    alive: lane.alive,
    close: lane.close,
    transact: async (transaction, signal) => {
      const result = await lane.transact(transaction, signal);
      if (result.heard) served = true;
      else if (!served && !lane.alive() && !signal?.aborted) onGoodbye();
      return result;
    },
  };
}

/** By preference; equals in an order of chance. */
function inOrder(hosts: readonly MxHost[], random: () => number): readonly MxHost[] {
  return hosts
    .map((host) => ({ host, lot: random() }))
    .sort((a, b) => a.host.preference - b.host.preference || a.lot - b.lot)
    .map(({ host }) => host);
}

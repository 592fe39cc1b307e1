/**
 * Which carrier a recipient's mail goes by: that of his domain's route, opened once in a run.
 *
 * Promises: domains that lead to the same servers share a carrier's name, and so a destination. Modules are loaded when
 * a recipient needs them.
 * Fails: a domain without a way is a judgement on its recipients.
 */
import { hostname } from 'node:os';
import { unreachable } from '../base/errors.ts';
import { nextOpening, type Schedule } from '../config/schedule.ts';
import type { MxSettings, Site, TransportSettings } from '../config/site.ts';
import { type FamilyReach, familyReach } from './family-reach.ts';
import type { MxCarrierOptions } from './mx-carrier.ts';
import { routeFor } from './route-for.ts';
import type { SmtpOptions } from './smtp-hello.ts';
import type { Carrier, Judgement } from './transport.ts';

/** A way that can be tried. */
export type OpenWay = {
  readonly kind: 'open';
  readonly carrier: Carrier;
  /** Recipients of one transaction. */
  readonly perTransaction: number;
  /** Larger messages are refused, bytes; `null`: none is. */
  readonly messageSize: number | null;
  /** When it may be used; `null`: always. */
  readonly schedule: Schedule | null;
};

/** A way, or why there is none. */
export type Way = OpenWay | { readonly kind: 'failed'; readonly judgement: Judgement };

/** The ways of a run. */
export type Ways = {
  readonly find: (recipient: string) => Promise<Way>;
  /** Gives up questions to name servers; no handle is left. */
  readonly close: () => void;
};

/** What is not in the site's settings. */
export type WaysOptions = SmtpOptions & {
  /** Ends waiting for name servers. */
  readonly signal?: AbortSignal;
};

/** When a way may be used next, milliseconds since the epoch: `now` when it may be now. */
export function nextOpeningOf({ schedule }: Pick<OpenWay, 'schedule'>, now: number): number {
  return nextOpening(schedule, now);
}

/** The ways of a site, for one run. */
export function openWays(site: Site, { signal, ...options }: WaysOptions = {}): Ways {
  const byDomain = new Map<string, Promise<Way>>();
  const byTransport = new Map<TransportSettings, Promise<OpenWay>>();
  const fixed = (transport: Exclude<TransportSettings, MxSettings>): Promise<OpenWay> => {
    const way = byTransport.get(transport) ?? openFixed(site, transport);
    byTransport.set(transport, way);
    return way;
  };
  const networks = new Map<MxSettings, Promise<MxNetwork>>();
  const reach = familyReach();
  let closed = false;
  const openMx = async (transport: MxSettings, domain: string): Promise<Way> => {
    const opening = networks.get(transport) ?? openNetwork(transport, options, reach);
    networks.set(transport, opening);
    const network = await opening;
    if (closed) network.close();
    return network.find(domain, signal);
  };
  return {
    close: () => {
      closed = true;
      for (const network of networks.values()) void network.then(({ close }) => close());
    },
    find: (recipient) => {
      const domain = recipient.slice(recipient.lastIndexOf('@') + 1).toLowerCase();
      const known = byDomain.get(domain);
      if (known) return known;
      const transport = routeFor(site, domain);
      const way = transport.type === 'mx' ? openMx(transport, domain) : fixed(transport);
      byDomain.set(domain, way);
      return way;
    },
  };
}

async function openFixed(site: Site, transport: Exclude<TransportSettings, MxSettings>): Promise<OpenWay> {
  switch (transport.type) {
    case 'maildir': {
      const { maildirCarrier } = await import('./maildir-carrier.ts');
      const perTransaction = site.limits.recipients;
      return {
        kind: 'open',
        carrier: maildirCarrier(transport),
        perTransaction,
        messageSize: null,
        schedule: null,
      };
    }
    case 'sendmail': {
      const { sendmailCarrier } = await import('./sendmail-carrier.ts');
      return wayBy(sendmailCarrier(transport), transport);
    }
    case 'smtp':
    case 'lmtp': {
      const { serverCarrier } = await import('./server-carrier.ts');
      return wayBy(serverCarrier(transport), transport);
    }
    default:
      return unreachable(transport);
  }
}

/** The mail servers of domains, as one transport sees them. */
type MxNetwork = {
  readonly find: (domain: string, signal?: AbortSignal) => Promise<Way>;
  readonly close: () => void;
};

async function openNetwork(
  transport: MxSettings,
  options: SmtpOptions,
  reach: FamilyReach,
): Promise<MxNetwork> {
  const [{ openMxLookup }, { mxCarrier }, { openSmtpSession }] = await Promise.all([
    import('./mx-hosts.ts'),
    import('./mx-carrier.ts'),
    import('./smtp-session.ts'),
  ]);
  const lookup = openMxLookup(transport, { ownNames: [options.name ?? hostname()] });
  const settings = { ...transport, type: 'smtp' as const };
  const openSession: MxCarrierOptions['openSession'] = (peer, serverName, signal) =>
    openSmtpSession(peer, settings, { ...options, serverName }, signal);
  const carriers = new Map<string, Carrier>();
  return {
    close: lookup.close,
    find: async (domain, signal) => {
      const found = await lookup.findMx(domain, signal);
      if (found.kind === 'failed') return found;
      const opened = mxCarrier(transport, found.hosts, { lookup, openSession, reach });
      const carrier = carriers.get(opened.name) ?? opened;
      carriers.set(carrier.name, carrier);
      return wayBy(carrier, transport);
    },
  };
}

function wayBy(
  carrier: Carrier,
  { recipients, messageSize, schedule }: Exclude<TransportSettings, { type: 'maildir' }>,
): OpenWay {
  return { kind: 'open', carrier, perTransaction: recipients, messageSize, schedule };
}

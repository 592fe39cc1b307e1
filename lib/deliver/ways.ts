/**
 * Which carrier a recipient's mail goes by: that of his domain's route, opened once in a run.
 *
 * Promises: domains that lead to the same servers share a carrier's name, and so a destination. Modules are loaded when
 * a recipient needs them.
 * Fails: a domain without a way is a judgement on its recipients.
 */
import { unreachable } from '../base/errors.ts';
import { nextOpening } from '../config/schedule.ts';
import type { MxSettings, Site, TransportSettings } from '../config/site.ts';
import type { Peer } from '../smtp/open-socket.ts';
import type { Carrier, Judgement } from '../smtp/transport.ts';
import { routeFor } from './route-for.ts';

/** A way that can be tried. */
export type OpenWay = {
  readonly kind: 'open';
  readonly carrier: Carrier;
  /** Recipients of one transaction. */
  readonly perTransaction: number;
  /** Larger messages are refused, bytes; `null`: none is. */
  readonly messageSize: number | null;
};

/** A way, or why there is none. */
export type Way = OpenWay | { readonly kind: 'failed'; readonly judgement: Judgement };

/** The ways of a run. */
export type Ways = {
  /** When mail for a recipient may go out next, milliseconds since the epoch: `now` when it may now. Asks nobody. */
  readonly opensAt: (recipient: string, now: number) => number;
  readonly find: (recipient: string, signal?: AbortSignal) => Promise<Way>;
  /** Gives up questions to name servers; no handle is left. */
  readonly close: () => void;
};

function domainOf(recipient: string): string {
  return recipient.slice(recipient.lastIndexOf('@') + 1).toLowerCase();
}

/** The ways of a site. */
export function openWays(site: Site): Ways {
  const byDomain = new Map<string, Promise<Way>>();
  const byTransport = new Map<TransportSettings, Promise<OpenWay>>();
  const openers = new Map<MxSettings, Promise<MxOpener>>();
  const fixed = (transport: Exclude<TransportSettings, MxSettings>): Promise<OpenWay> => {
    const way = byTransport.get(transport) ?? openFixed(site, transport);
    byTransport.set(transport, way);
    return way;
  };
  const viaMx = async (transport: MxSettings, domain: string, signal?: AbortSignal): Promise<Way> => {
    const opener = openers.get(transport) ?? openMx(transport);
    openers.set(transport, opener);
    return (await opener).find(domain, signal);
  };
  return {
    close: () => {
      for (const opener of openers.values()) void opener.then(({ close }) => close());
    },
    opensAt: (recipient, now) => {
      const transport = routeFor(site, domainOf(recipient));
      return transport.type === 'maildir' ? now : nextOpening(transport.schedule, now);
    },
    find: (recipient, signal) => {
      const domain = domainOf(recipient);
      const known = byDomain.get(domain);
      if (known) return known;
      const transport = routeFor(site, domain);
      const way = transport.type === 'mx' ? viaMx(transport, domain, signal) : fixed(transport);
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

/** Finds the mail servers of domains. */
type MxOpener = {
  readonly find: (domain: string, signal?: AbortSignal) => Promise<Way>;
  readonly close: () => void;
};

async function openMx(transport: MxSettings): Promise<MxOpener> {
  const [{ openMxLookup }, { mxCarrier }, { openSmtpSession }, { familyReach }] = await Promise.all([
    import('./mx-hosts.ts'),
    import('./mx-carrier.ts'),
    import('../smtp/smtp-session.ts'),
    import('./family-reach.ts'),
  ]);
  const lookup = openMxLookup(transport);
  const settings = { ...transport, type: 'smtp' as const };
  const options = {
    lookup,
    reach: familyReach(),
    openSession: (peer: Peer, serverName: string | undefined, signal?: AbortSignal) =>
      openSmtpSession(peer, settings, { serverName }, signal),
  };
  return {
    close: lookup.close,
    find: async (domain, signal) => {
      const found = await lookup.findMx(domain, signal);
      return found.kind === 'failed' ? found : wayBy(mxCarrier(transport, found.hosts, options), transport);
    },
  };
}

function wayBy(
  carrier: Carrier,
  { recipients, messageSize }: Exclude<TransportSettings, { type: 'maildir' }>,
): OpenWay {
  return { kind: 'open', carrier, perTransaction: recipients, messageSize };
}

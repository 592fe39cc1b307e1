/**
 * Which carrier a recipient's mail goes by: that of his domain's route, opened once in a run.
 *
 * Promises: domains that lead to the same servers share a carrier's name, and so a destination. Modules are loaded when
 * a recipient needs them.
 * Fails: a domain without a way is a judgement on its recipients.
 */
import { unreachable } from '../base/errors.ts';
import { nextOpening, type Schedule } from '../config/schedule.ts';
import type { MxSettings, Site, TransportSettings } from '../config/site.ts';
import { routeFor } from './route-for.ts';
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
};

/** When a way may be used next, milliseconds since the epoch: `now` when it may be now. */
export function nextOpeningOf({ schedule }: Pick<OpenWay, 'schedule'>, now: number): number {
  return nextOpening(schedule, now);
}

/** The ways of a site. */
export function openWays(site: Site): Ways {
  const byDomain = new Map<string, Promise<Way>>();
  const byTransport = new Map<TransportSettings, Promise<OpenWay>>();
  const fixed = (transport: Exclude<TransportSettings, MxSettings>): Promise<OpenWay> => {
    const way = byTransport.get(transport) ?? openFixed(site, transport);
    byTransport.set(transport, way);
    return way;
  };
  return {
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
      throw new Error('not yet');
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

async function openMx(transport: MxSettings, domain: string): Promise<Way> {
  throw new Error(`not yet ${transport.type} ${domain}`);
}

function wayBy(
  carrier: Carrier,
  { recipients, messageSize, schedule }: Exclude<TransportSettings, { type: 'maildir' }>,
): OpenWay {
  return { kind: 'open', carrier, perTransaction: recipients, messageSize, schedule };
}

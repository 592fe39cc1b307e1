/** Which way mail for a domain goes. Pure. */
import { domainToASCII } from 'node:url';
import type { Site, TransportSettings } from '../config/site.ts';

/**
 * The transport for a recipient's domain, in any case and also in Unicode: that of the route for the domain itself, else
 * of the longest `.suffix` it lies below, else the site's.
 */
export function routeFor(site: Pick<Site, 'transport' | 'routes'>, domain: string): TransportSettings {
  const ascii = /^\p{ASCII}*$/u.test(domain) ? domain : domainToASCII(domain);
  let key = ascii.toLowerCase();
  while (key !== '') {
    const route = Object.hasOwn(site.routes, key) ? site.routes[key] : undefined;
    if (route) return route;
    const dot = key.indexOf('.', 1);
    key = dot < 0 ? '' : key.slice(dot);
  }
  return site.transport;
}

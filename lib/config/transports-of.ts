/** All ways out of a site: for whoever looks after the files they need. Pure. */
import type { Site, TransportSettings } from './site.ts';

/** The site's transport and those of its routes. */
export function transportsOf({
  transport,
  routes,
}: Pick<Site, 'transport' | 'routes'>): readonly TransportSettings[] {
  return [transport, ...Object.values(routes)];
}

/** The section `news`: the server that gatewayed lists are posted to. `port` is 563 with TLS and 119 without. */
import * as v from 'valibot';
import { duration, oneOf, whole } from './fields.ts';
import { section, together } from './section.ts';
import type { NewsSettings } from './site.ts';
import { credentials, DAY_MS, host, protectPassword } from './smtp-schema.ts';

/** The schema of `news`; relative paths count from `base`. */
export function newsSchema(base: string) {
  const keys = {
    host: host(),
    port: v.optional(whole(1, 65_535)),
    tls: v.optional(oneOf(['never', 'implicit'])),
    auth: v.optional(credentials(base)),
    timeout: v.optional(duration(DAY_MS), '1m'),
  };
  return v.pipe(
    section(keys, { host: 'news.example.org' }),
    together((values, report) => protectPassword(values, ['implicit'], report)),
    v.transform(({ host, port, tls = 'never', auth, timeout }): NewsSettings => {
      const standard = tls === 'implicit' ? 563 : 119;
      return { host, port: port ?? standard, tls, auth: auth ?? null, timeoutMs: timeout };
    }),
  );
}

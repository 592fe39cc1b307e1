/**
 * An LMTP receiver in this process, on a socket of its own, over a site of siteRig:
 *
 *     const { site, client, events } = await lmtpRig(t, { members: ['ann@example.org'] });
 *     const ann = client();
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { LogFields } from '../../lib/base/log.ts';
import type { Context } from '../../lib/cli/context.ts';
import { openListRules } from '../../lib/cli/lmtp-policy.ts';
import { freshConfiguration, sharedSpool } from '../../lib/cli/lmtp-site.ts';
import { LMTP_LIMITS, type LmtpLimits } from '../../lib/intake/lmtp-limits.ts';
import { openMailroom } from '../../lib/intake/lmtp-mailroom.ts';
import { serveLmtp } from '../../lib/intake/lmtp-server.ts';
import { type LmtpClient, lmtpClient } from './lmtp-client.ts';
import { Captured, privateEnv, type SiteOptions, type SiteRig, siteRig } from './site-rig.ts';

/** An event of the log, with its level. */
export type SeenEvent = LogFields & { readonly level: string; readonly event: string };

/** A receiver and its site. */
export type LmtpRig = {
  readonly site: SiteRig;
  /** Path of the socket. */
  readonly path: string;
  /** Connects; closed at the end of the test. */
  readonly client: () => LmtpClient;
  readonly events: SeenEvent[];
  /** Events of a name, without the level. */
  readonly seen: (event: string) => LogFields[];
  readonly stop: () => void;
  /** Resolves when the server has ended. */
  readonly ended: Promise<void>;
};

/** Starts one that is stopped at the end of `t`. */
export async function lmtpRig(
  t: Test,
  options: SiteOptions & { readonly limits?: Partial<LmtpLimits>; readonly idleMs?: number | null } = {},
): Promise<LmtpRig> {
  const site = await siteRig(t, options);
  // A test's own directory may be too deep for the name of a socket.
  const directory = mkdtempSync(join(tmpdir(), 'qrunner-lmtp-'));
  const path = join(directory, 'lmtp.sock');
  const events: SeenEvent[] = [];
  const clients: LmtpClient[] = [];
  const stop = new AbortController();
  const log = (level: string, event: string, fields: LogFields = {}) =>
    void events.push({ level, event, ...fields });
  const context: Context = {
    io: {
      stdin: process.stdin,
      stdout: new Captured(),
      stderr: new Captured(),
      env: privateEnv(site.dir),
    },
    globals: () => ({ config: site.dir, json: false, verbose: false }),
    exit: () => {},
    call: async () => 0,
  };
  let ended: Promise<void> = Promise.resolve();
  await new Promise<void>((resolve, reject) => {
    ended = serveLmtp({
      at: { kind: 'path', path },
      mailroom: openMailroom({
        configuration: freshConfiguration(context),
        openSpool: sharedSpool(),
        turnAway: openListRules(),
        log,
      }),
      limits: { ...LMTP_LIMITS, ...options.limits },
      log,
      hostname: 'lists.test',
      idleMs: options.idleMs ?? null,
      signal: stop.signal,
      onListening: resolve,
    });
    ended.catch(reject);
  });
  t.teardown(async () => {
    for (const client of clients) client.close();
    stop.abort();
    await ended;
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    site,
    path,
    client: () => {
      const client = lmtpClient(path);
      clients.push(client);
      return client;
    },
    events,
    seen: (name) =>
      events
        .filter(({ event }) => event === name)
        .map(({ level: _level, event: _event, ...fields }) => fields),
    stop: () => stop.abort(),
    ended,
  };
}

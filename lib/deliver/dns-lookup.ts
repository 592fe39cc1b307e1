/**
 * Questions to the name servers, for one run.
 *
 * Promises: each question is put once, whoever asks it how often and when; at most 16 are under way, and each is answered
 * within twice the patience for one try. Name servers that say nothing to 32 questions in a row are left alone for a
 * minute: a dead network must not cost its time-out for each domain. Only DNS is asked, not /etc/hosts.
 * Fails: by answers.
 */
import { Resolver } from 'node:dns/promises';
import { formatDuration } from '../base/duration.ts';
import { errorCode, errorText } from '../base/errors.ts';

/** What DNS says of a name. */
export type DnsAnswer<T> =
  | { readonly kind: 'found'; readonly records: readonly T[] }
  /** No record of this type. `exists`: false when there is no such name at all. */
  | { readonly kind: 'none'; readonly exists: boolean }
  /** No answer, or one that says nothing: it may be another one later. */
  | { readonly kind: 'trouble'; readonly words: string };

/** An MX record, RFC 1035 section 3.3.9. */
export type MxRecord = { readonly exchange: string; readonly priority: number };

/** The questions of a run. */
export type DnsLookup = {
  readonly mx: (name: string) => Promise<DnsAnswer<MxRecord>>;
  /** Records of the type A or AAAA. */
  readonly addresses: (name: string, type: 'A' | 'AAAA') => Promise<DnsAnswer<string>>;
  /** Gives up what is not answered; no handle is left. */
  readonly close: () => void;
};

/** How name servers are asked. */
export type DnsOptions = {
  /** `192.0.2.53` or `192.0.2.53:5353`; none: the system's. */
  readonly servers: readonly string[];
  /** Patience for one try, milliseconds; there are two. @default 5000 */
  readonly timeoutMs?: number;
  /** Milliseconds since the epoch. @default Date.now */
  readonly now?: () => number;
};

/** Questions under way. */
const AT_ONCE = 16;
const TRIES = 2;
/** Questions in a row that got no answer before nothing is asked for a while. */
const SILENCE_LIMIT = 32;
const REST_MS = 60_000;

/** What the resolver's errors mean, for people; the rest is told as it is. */
const WORDS: Readonly<Record<string, string>> = {
  ESERVFAIL: 'the name server failed (SERVFAIL)',
  EREFUSED: 'the name server refused to answer',
  ECONNREFUSED: 'no name server takes questions',
};

/** Opens the way to the name servers; nothing is asked yet. */
export function openDnsLookup({ servers, timeoutMs = 5_000, now = Date.now }: DnsOptions): DnsLookup {
  const idle: Resolver[] = [];
  const busy = new Set<Resolver>();
  const line: (() => void)[] = [];
  let taken = 0;
  let silent = 0;
  let silentAt = 0;
  let closed = false;
  const patience = formatDuration(timeoutMs * TRIES);

  async function ask<T>(question: (resolver: Resolver) => Promise<readonly T[]>): Promise<DnsAnswer<T>> {
    // A place is handed over by whoever leaves it.
    if (taken < AT_ONCE) taken++;
    else await new Promise<void>((resolve) => line.push(resolve));
    try {
      if (closed) return { kind: 'trouble', words: 'not asked: the run is ending' };
      if (silent >= SILENCE_LIMIT && now() < silentAt + REST_MS)
        return { kind: 'trouble', words: 'not asked: the name servers do not answer' };
      return await put(question);
    } finally {
      const next = line.shift();
      if (next) next();
      else taken--;
    }
  }

  /** Each question has a resolver to itself, which can be told to stop without stopping others. */
  async function put<T>(question: (resolver: Resolver) => Promise<readonly T[]>): Promise<DnsAnswer<T>> {
    let resolver = idle.pop();
    if (!resolver) {
      resolver = new Resolver({ timeout: timeoutMs, tries: TRIES });
      if (servers.length > 0) resolver.setServers(servers);
    }
    const used = resolver;
    busy.add(used);
    // The resolver's own patience grows with each try and each server.
    const timer = setTimeout(() => used.cancel(), timeoutMs * TRIES);
    try {
      const records = await question(used);
      silent = 0;
      return records.length > 0 ? { kind: 'found', records } : { kind: 'none', exists: true };
    } catch (error) {
      return judge(error);
    } finally {
      clearTimeout(timer);
      busy.delete(used);
      idle.push(used);
    }
  }

  function judge(error: unknown): DnsAnswer<never> {
    const code = errorCode(error) ?? '';
    if (code === 'ECANCELLED' || code === 'ETIMEOUT') {
      if (closed) return { kind: 'trouble', words: 'not answered: the run is ending' };
      silent++;
      silentAt = now();
      return { kind: 'trouble', words: `no answer from the name servers within ${patience}` };
    }
    silent = 0;
    if (code === 'ENODATA') return { kind: 'none', exists: true };
    if (code === 'ENOTFOUND' || code === 'EBADNAME') return { kind: 'none', exists: false };
    return { kind: 'trouble', words: WORDS[code] ?? errorText(error) };
  }

  const mx = new Map<string, Promise<DnsAnswer<MxRecord>>>();
  const addresses = new Map<string, Promise<DnsAnswer<string>>>();
  return {
    mx: (name) => shared(mx, name, () => ask((resolver) => resolver.resolveMx(name))),
    addresses: (name, type) =>
      shared(addresses, `${type} ${name}`, () =>
        ask((resolver) => (type === 'A' ? resolver.resolve4(name) : resolver.resolve6(name))),
      ),
    close: () => {
      closed = true;
      for (const resolver of busy) resolver.cancel();
    },
  };
}

/** What `make` gave for `key` the first time. */
function shared<T>(known: Map<string, T>, key: string, make: () => T): T {
  const before = known.get(key);
  if (before !== undefined) return before;
  const made = make();
  known.set(key, made);
  return made;
}

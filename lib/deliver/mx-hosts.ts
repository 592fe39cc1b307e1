/**
 * The mail servers of a domain, RFC 5321 section 5.1, and their addresses.
 *
 *     DNS says                                       what follows
 *     MX records                                     their hosts, the lowest preference first
 *     no MX record                                   the domain itself, if it has an address (implicit MX)
 *     one MX record, whose host is "."               permanent 5.1.10 (null MX, RFC 7505)
 *     no such domain                                 permanent 5.1.2
 *     no host has an address                         permanent 5.4.4
 *     hosts with addresses of the other family only  temporary 4.4.4, scope connection: `family` is our own doing
 *     no answer, or none that says anything          temporary 4.4.3, scope connection
 *
 * We never listen on port 25, so a host of ours among them is that of a mail server beside us, and mail for it is no loop.
 * Hosts that are no host names (an IP address, a blank) are passed over. A domain in brackets (`[192.0.2.1]`,
 * `[IPv6:2001:db8::1]`) is its own host.
 */
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import type { MxSettings } from '../config/site.ts';
import { type Judgement, RUN_IS_ENDING } from '../smtp/transport.ts';
import { type DnsLookup, type MxRecord, openDnsLookup } from './dns-lookup.ts';

/** A host that takes mail for a domain. */
export type MxHost = {
  /** In lower case; or an address in brackets. */
  readonly name: string;
  /** The lower one is tried first. */
  readonly preference: number;
};

/** Where mail for a domain goes, or why nowhere. */
export type MxAnswer =
  /** At least one; the lowest preference first, then by name. */
  | { readonly kind: 'hosts'; readonly hosts: readonly MxHost[] }
  | { readonly kind: 'failed'; readonly judgement: Judgement };

/** The addresses of a host. */
export type HostAddresses =
  /** At least one, IPv6 and IPv4 by turns. */
  | { readonly kind: 'found'; readonly addresses: readonly string[] }
  /** `otherFamily`: it has some that `family` leaves out. */
  | { readonly kind: 'none'; readonly otherFamily: boolean }
  | { readonly kind: 'trouble'; readonly words: string };

/** The lookups of a run. */
export type MxLookup = {
  /** The hosts for `domain`, which may be in any case, in Unicode, or an address in brackets. */
  readonly findMx: (domain: string, signal?: AbortSignal) => Promise<MxAnswer>;
  readonly addressesOf: (host: string) => Promise<HostAddresses>;
  /** Gives up what is not answered; no handle is left. */
  readonly close: () => void;
};

/** What lookups are told beside the site's settings. */
export type MxOptions = {
  /** Patience for one try of a question, milliseconds. @default 5000 */
  readonly timeoutMs?: number;
};

/** Hosts of a domain that are looked at; more are of no use, and come from nobody who means well. */
const MOST_HOSTS = 20;

const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/** Opens the lookups of a run. */
export function openMxLookup(
  { dns: servers, family }: Pick<MxSettings, 'dns' | 'family'>,
  { timeoutMs }: MxOptions = {},
): MxLookup {
  const dns = openDnsLookup({ servers, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  const addressesOf = (host: string) => lookUpAddresses(dns, family, host);

  async function find(domain: string): Promise<MxAnswer> {
    if (domain.startsWith('[')) return literalHost(domain, family);
    const name = /^\p{ASCII}*$/u.test(domain) ? domain.toLowerCase() : domainToASCII(domain);
    if (!isHostName(name)) return failed('permanent', '5.1.2', `${JSON.stringify(domain)} is no domain`);
    const answer = await dns.mx(name);
    if (answer.kind === 'trouble') return failed('temporary', '4.4.3', `${name}: ${answer.words}`);
    if (answer.kind === 'none') {
      if (!answer.exists) return failed('permanent', '5.1.2', `the domain ${name} does not exist`);
      return reachable(name, [{ name, preference: 0 }]);
    }
    const [first] = answer.records;
    if (answer.records.length === 1 && first?.exchange === '')
      return failed('permanent', '5.1.10', `the domain ${name} takes no mail (null MX)`);
    const hosts = hostsOf(answer.records);
    return reachable(name, hosts);
  }

  /** The hosts, when one of them has an address. */
  async function reachable(domain: string, hosts: readonly MxHost[]): Promise<MxAnswer> {
    let trouble: string | null = null;
    let otherFamily = false;
    for (const { name } of hosts) {
      const found = await addressesOf(name);
      if (found.kind === 'found') return { kind: 'hosts', hosts };
      if (found.kind === 'trouble') trouble ??= `${name}: ${found.words}`;
      else otherFamily ||= found.otherFamily;
    }
    if (trouble !== null) return failed('temporary', '4.4.3', trouble);
    if (otherFamily) {
      return failed(
        'temporary',
        '4.4.4',
        `no mail server of ${domain} has an address that "family: ${family}" allows`,
      );
    }
    const names = hosts.map(({ name }) => name).join(', ');
    const alone = names === domain || names === '';
    return failed(
      'permanent',
      '5.4.4',
      alone
        ? `the domain ${domain} has no mail server`
        : `no mail server of ${domain} has an address: ${names}`,
    );
  }

  return {
    findMx: (domain, signal) => orEnding(find(domain), signal),
    addressesOf,
    close: dns.close,
  };
}

function failed(kind: 'temporary' | 'permanent', status: string, reply: string): MxAnswer {
  const scope = kind === 'permanent' ? 'recipient' : 'connection';
  return { kind: 'failed', judgement: { kind, scope, status, reply } };
}

/** `answer`, or that of a run that ends before it is there. */
function orEnding(answer: Promise<MxAnswer>, signal: AbortSignal | undefined): Promise<MxAnswer> {
  if (!signal) return answer;
  const ending: MxAnswer = failed('temporary', '4.4.3', RUN_IS_ENDING);
  if (signal.aborted) return Promise.resolve(ending);
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(ending);
    signal.addEventListener('abort', onAbort, { once: true });
    void answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function isHostName(name: string): boolean {
  return HOST_NAME.test(name) && !/^[\d.]+$/.test(name);
}

/** Each host once, with its best preference. */
function hostsOf(records: readonly MxRecord[]): MxHost[] {
  const best = new Map<string, number>();
  for (const { exchange, priority } of records) {
    const name = exchange.toLowerCase().replace(/\.$/, '');
    if (isHostName(name)) best.set(name, Math.min(priority, best.get(name) ?? priority));
  }
  const hosts = [...best].map(([name, preference]) => ({ name, preference }));
  hosts.sort((a, b) => a.preference - b.preference || (a.name < b.name ? -1 : 1));
  return hosts.slice(0, MOST_HOSTS);
}

/** The address in an address literal, RFC 5321 section 4.1.3, or `null`. */
function literalAddress(domain: string): string | null {
  const [, tag, address = ''] = /^\[(IPv6:)?([^\]]*)\]$/i.exec(domain) ?? [];
  return isIP(address) === (tag === undefined ? 4 : 6) ? address.toLowerCase() : null;
}

function literalHost(domain: string, family: MxSettings['family']): MxAnswer {
  const address = literalAddress(domain);
  if (address === null)
    return failed('permanent', '5.1.3', `${JSON.stringify(domain)} is no address literal`);
  if (!allows(family, address))
    return failed('temporary', '4.4.4', `${domain} is not of the addresses that "family: ${family}" allows`);
  const name = isIP(address) === 6 ? `[ipv6:${address}]` : `[${address}]`;
  return { kind: 'hosts', hosts: [{ name, preference: 0 }] };
}

function allows(family: MxSettings['family'], address: string): boolean {
  return family === 'both' || family === (isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** False for the address that means no address; a connection to it would reach ourselves. */
function isSomewhere(address: string): boolean {
  return address !== '0.0.0.0' && address !== '::';
}

async function lookUpAddresses(
  dns: DnsLookup,
  family: MxSettings['family'],
  host: string,
): Promise<HostAddresses> {
  const literal = literalAddress(host);
  if (literal !== null) return { kind: 'found', addresses: [literal] };
  const wanted = family === 'both' ? (['AAAA', 'A'] as const) : ([family === 'ipv4' ? 'A' : 'AAAA'] as const);
  const answers = await Promise.all(wanted.map((type) => dns.addresses(host, type)));
  const lists = answers.map((answer) => (answer.kind === 'found' ? answer.records.filter(isSomewhere) : []));
  const longest = Math.max(...lists.map(({ length }) => length));
  const addresses: string[] = [];
  for (let at = 0; at < longest; at++) addresses.push(...lists.flatMap((list) => list[at] ?? []));
  if (addresses.length > 0) return { kind: 'found', addresses };
  for (const answer of answers) if (answer.kind === 'trouble') return answer;
  if (family === 'both') return { kind: 'none', otherFamily: false };
  const other = await dns.addresses(host, family === 'ipv4' ? 'AAAA' : 'A');
  return { kind: 'none', otherFamily: other.kind === 'found' };
}

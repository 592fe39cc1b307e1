/** A name server on 127.0.0.1 that answers by UDP from a table, RFC 1035 section 4. */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import type { Test } from 'tap';

/** What is known of a name, or what happens to a question about it. */
export type DnsEntry =
  | 'SERVFAIL'
  | 'REFUSED'
  | 'silent'
  | {
      readonly MX?: readonly (readonly [number, string])[];
      readonly A?: readonly string[];
      readonly AAAA?: readonly string[];
      readonly CNAME?: string;
    };

/** A name server; `zone` may be changed while it runs. A name that is not in it does not exist. */
export type DnsServer = {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  readonly zone: Record<string, DnsEntry>;
  /** `MX example.org`, in the order of the questions, repeated ones too. */
  readonly asked: string[];
  /** The most questions that waited for their answer at one time. */
  readonly most: () => number;
};

const TYPES: Readonly<Record<number, 'A' | 'CNAME' | 'MX' | 'AAAA'>> = {
  1: 'A',
  5: 'CNAME',
  15: 'MX',
  28: 'AAAA',
};
const NUMBERS = { A: 1, CNAME: 5, MX: 15, AAAA: 28 };
const CODES = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 };

function nameBytes(name: string): Buffer {
  const labels = name === '' ? [] : name.split('.');
  const parts = labels.map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)]));
  return Buffer.concat([...parts, Buffer.of(0)]);
}

const words = (text: string): string[] => text.split(':').filter((word) => word !== '');

function ipv6Bytes(address: string): Buffer {
  const [head = '', tail] = address.split('::');
  const last = tail === undefined ? [] : words(tail);
  const zeros = Array.from({ length: 8 - words(head).length - last.length }, () => '0');
  const all = [...words(head), ...(tail === undefined ? [] : zeros), ...last];
  return Buffer.concat(all.map((word) => Buffer.from(word.padStart(4, '0'), 'hex')));
}

function record(name: string, type: keyof typeof NUMBERS, data: Buffer): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(NUMBERS[type], 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(60, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([nameBytes(name), fixed, data]);
}

/** The records of `type` for `name`, aliases followed; or the code of the failure. */
function lookUp(
  zone: Readonly<Record<string, DnsEntry>>,
  name: string,
  type: string,
): Buffer[] | keyof typeof CODES {
  const entry = Object.hasOwn(zone, name) ? zone[name] : undefined;
  if (entry === undefined) return 'NXDOMAIN';
  if (typeof entry === 'string') return entry === 'silent' ? 'SERVFAIL' : entry;
  if (entry.CNAME !== undefined) {
    const alias = record(name, 'CNAME', nameBytes(entry.CNAME));
    const further = lookUp(zone, entry.CNAME, type);
    return typeof further === 'string' ? further : [alias, ...further];
  }
  if (type === 'A') {
    return (entry.A ?? []).map((address) => record(name, 'A', Buffer.from(address.split('.').map(Number))));
  }
  if (type === 'AAAA') return (entry.AAAA ?? []).map((address) => record(name, 'AAAA', ipv6Bytes(address)));
  if (type !== 'MX') return [];
  return (entry.MX ?? []).map(([preference, exchange]) => {
    const number = Buffer.of(preference >> 8, preference & 255);
    return record(name, 'MX', Buffer.concat([number, nameBytes(exchange)]));
  });
}

/** Starts a name server that is stopped at the end of `t`. An answer takes `delayMs`. */
export async function dnsServer(t: Test, zone: Record<string, DnsEntry>, delayMs = 0): Promise<DnsServer> {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  let waiting = 0;
  let most = 0;

  const reply = (query: Buffer, from: RemoteInfo): void => {
    const labels: string[] = [];
    let at = 12;
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      labels.push(query.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const question = query.subarray(12, at + 5);
    const name = labels.join('.').toLowerCase();
    const type = TYPES[query.readUInt16BE(at + 1)] ?? '';
    asked.push(`${type} ${name}`);
    most = Math.max(most, ++waiting);
    if (zone[name] === 'silent') return;
    const found = lookUp(zone, name, type);
    const records = typeof found === 'string' ? [] : found;
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180 | (typeof found === 'string' ? CODES[found] : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    setTimeout(() => {
      waiting--;
      socket.send(Buffer.concat([header, question, ...records]), from.port, from.address, () => {});
    }, delayMs);
  };
  socket.on('message', reply);
  socket.on('error', () => {});
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.teardown(() => void socket.close());
  return { address: `127.0.0.1:${socket.address().port}`, zone, asked, most: () => most };
}

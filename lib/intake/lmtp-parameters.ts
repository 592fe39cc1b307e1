/** What MAIL and RCPT ask for: the path, and the parameters of the extensions that are offered. Pure. */
import { type PathArgument, parsePathArgument } from './lmtp-path.ts';
import { type Reply, reply } from './lmtp-reply.ts';

/** MAIL, understood. */
export type MailCommand = {
  /** Reverse-path; `''` null. */
  readonly address: string;
  /** What SIZE says (RFC 1870), octets; 0 when it is not said. */
  readonly size: number;
};

/** RCPT, understood. */
export type RcptCommand = { readonly address: string };

/** Reads what stands behind MAIL: SIZE, BODY (RFC 6152) and SMTPUTF8 (RFC 6531) may follow the path. */
export function examineMail(argument: string): MailCommand | Reply {
  const path = parsePathArgument('FROM', argument);
  if ('code' in path) return path;
  let size = 0;
  let utf8 = false;
  for (const [keyword, value] of path.parameters) {
    switch (keyword) {
      case 'SIZE':
        if (!/^\d{1,20}$/.test(value ?? ''))
          return reply(501, '5.5.4', 'SIZE wants a number of at most 20 digits');
        size = Number(value);
        break;
      case 'BODY':
        if (!/^(?:7BIT|8BITMIME)$/i.test(value ?? ''))
          return reply(501, '5.5.4', 'BODY wants 7BIT or 8BITMIME');
        break;
      case 'SMTPUTF8':
        if (value !== null) return reply(501, '5.5.4', 'SMTPUTF8 has no value');
        utf8 = true;
        break;
      default:
        return reply(555, '5.5.4', `${keyword} is not offered here`);
    }
  }
  const { address } = path;
  if (!utf8 && !/^\p{ASCII}*$/u.test(address)) {
    return reply(553, '5.6.7', 'an address with other than ASCII letters needs SMTPUTF8');
  }
  return { address, size };
}

/** Reads what stands behind RCPT; no extension that is offered has parameters for it. */
export function examineRcpt(argument: string): RcptCommand | Reply {
  const path: PathArgument | Reply = parsePathArgument('TO', argument);
  if ('code' in path) return path;
  const [first] = path.parameters.keys();
  return first === undefined
    ? { address: path.address }
    : reply(555, '5.5.4', `${first} is not offered here`);
}

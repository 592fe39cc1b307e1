/** The address of a name server, as {@link https://nodejs.org/api/dns.html | dns.setServers} takes it. */
import { isIP } from 'node:net';
import { field } from './fields.ts';

/** `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:5353`. */
export function nameServer() {
  return field<string>('the IP address of a name server, with or without a port', (found) => {
    const text = typeof found === 'string' ? found : '';
    const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
    const right = port === undefined || (Number(port) > 0 && Number(port) <= 65_535);
    if (isIP(text) !== 0) return { value: text };
    if (right && (isIP(plain ?? '') === 4 || isIP(bracketed ?? '') === 6)) return { value: text };
    return { fix: 'write 192.0.2.53, 192.0.2.53:5353 or "[2001:db8::53]:5353"' };
  });
}

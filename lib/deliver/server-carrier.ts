/** The way to a server that is named in the configuration, by SMTP or LMTP. */
import type { ServerSettings } from '../config/site.ts';
import { type Peer, peerName } from '../smtp/open-socket.ts';
import { openSmtpSession, type SmtpOptions } from '../smtp/smtp-session.ts';
import type { Carrier } from '../smtp/transport.ts';

/** The carrier. Its name tells apart who logs in as somebody else, or must have TLS: his mail never goes over a lane without. */
export function serverCarrier(settings: ServerSettings, options: SmtpOptions = {}): Carrier {
  const peer: Peer =
    settings.socket === null ? { host: settings.host, port: settings.port } : { path: settings.socket };
  const login = settings.auth === null ? '' : `${settings.auth.user}@`;
  return {
    name: `${settings.type}:${login}${peerName(peer)}${settings.tls === 'required' ? '/required' : ''}`,
    connections: settings.connections,
    open: (signal) => openSmtpSession(peer, settings, options, signal),
  };
}

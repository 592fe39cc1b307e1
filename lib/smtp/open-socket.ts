/**
 * Connecting, with a limit.
 *
 * Promises: the socket returned is connected (with TLS: and the server's certificate was checked), without Nagle's
 * delay, and has no listeners left of ours.
 * Fails: throws a TemporaryError that names the peer; nothing stays open then.
 */
import { connect, isIP, type Socket } from 'node:net';
import { formatDuration } from '../base/duration.ts';
import { errorText, TemporaryError } from '../base/errors.ts';
import { RUN_IS_ENDING } from './transport.ts';

/** A host and port, or the path of a UNIX socket. Host names go through the system's resolver, /etc/hosts first. */
export type Peer = { readonly host: string; readonly port: number } | { readonly path: string };

/** Whom TLS trusts: the system's authorities, or the certificates (PEM) in `ca` alone. */
export type TlsTrust = { readonly ca?: string };

/** `host:port`, `[v6]:port` or the path, for people. */
export function peerName(peer: Peer): string {
  if ('path' in peer) return peer.path;
  return peer.host.includes(':') ? `[${peer.host}]:${peer.port}` : `${peer.host}:${peer.port}`;
}

/**
 * Connects within `timeoutMs` milliseconds; with `trust`, TLS from the first byte is part of it.
 *
 * @throws TemporaryError when it cannot, or when `signal` is aborted
 */
export async function openSocket(
  peer: Peer,
  timeoutMs: number,
  signal?: AbortSignal,
  trust?: TlsTrust,
): Promise<Socket> {
  if (signal?.aborted) throw new TemporaryError(RUN_IS_ENDING);
  const socket = trust ? await startTls(peer, trust) : connect(peer);
  const failure = await new Promise<string | null>((resolve) => {
    const onConnect = (): void => settle(null);
    const onError = (error: Error): void => settle(connectError(error));
    const onClose = (): void => settle('the connection was closed');
    const onAbort = (): void => settle(RUN_IS_ENDING);
    const timer = setTimeout(() => settle(`no answer within ${formatDuration(timeoutMs)}`), timeoutMs);
    const ready = trust ? 'secureConnect' : 'connect';
    const settle = (words: string | null): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.removeListener(ready, onConnect);
      socket.removeListener('error', onError);
      socket.removeListener('close', onClose);
      resolve(words);
      if (words !== null) {
        socket.on('error', () => {});
        socket.destroy();
      }
    };
    socket.once(ready, onConnect);
    socket.once('error', onError);
    socket.once('close', onClose);
    signal?.addEventListener('abort', onAbort);
  });
  if (failure === null) return socket.setNoDelay(true);
  throw new TemporaryError(
    failure === RUN_IS_ENDING ? failure : `cannot connect to ${peerName(peer)}: ${failure}`,
  );
}

/** Begins a connection with TLS; node:tls is loaded by those who need it. */
async function startTls(peer: Peer, trust: TlsTrust): Promise<Socket> {
  const tls = await import('node:tls');
  const named = 'host' in peer && isIP(peer.host) === 0 ? { servername: peer.host } : {};
  return tls.connect({ ...peer, ...named, ...trust });
}

/** The words of an error of connect(2); several addresses tried give an AggregateError without words. */
function connectError(error: Error): string {
  if (!(error instanceof AggregateError)) return errorText(error);
  return error.errors.map((one) => errorText(one)).join('; ');
}

/**
 * A mail server on 127.0.0.1 that behaves well but for one thing at one place of the conversation.
 *
 * A place is where it speaks (or, in the middle of a message, could); an act is what it does there instead.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { unreachable } from '../../lib/base/errors.ts';

/** Where something happens. `RCPT` is that for the first recipient; `first` and `second` are LMTP's replies for them. */
export type Place =
  | 'greeting'
  | 'hello'
  | 'STARTTLS'
  | 'AUTH'
  | 'MAIL'
  | 'RCPT'
  | 'DATA'
  | 'block'
  | 'final'
  | 'first'
  | 'second'
  | 'QUIT';

/** What the server does at the place. */
export type Act =
  /** Says this instead. */
  | { readonly kind: 'say'; readonly reply: string }
  /** What it would have said, but late; at a block: reads on late. */
  | { readonly kind: 'late'; readonly ms: number }
  /** What it would have said, two times. */
  | { readonly kind: 'twice' }
  /** Nothing any more, and reads no more. */
  | { readonly kind: 'hang' }
  | { readonly kind: 'drop' }
  /** Half a reply, then closes. */
  | { readonly kind: 'half' };

/** How the server is otherwise. */
export type Manner = {
  readonly lmtp: boolean;
  /** Lines of EHLO. */
  readonly extensions: readonly string[];
  readonly certificate?: { readonly key: string; readonly cert: string };
};

/** Makes the server; it does not listen yet. */
export function scriptedSmtp(place: Place, act: Act, manner: Manner): Server {
  return createServer((socket) => serve(socket, place, act, manner));
}

function serve(plain: Socket, place: Place, act: Act, { lmtp, extensions, certificate }: Manner): void {
  let socket = plain;
  let unread = '';
  let inMessage = false;
  let acted = false;
  let accepted = 0;
  let deaf = false;

  /** What waits behind a reply that is late. */
  let behind: (() => void)[] | null = null;

  const inTurn = (next: () => void): void => {
    if (behind === null) next();
    else behind.push(next);
  };
  const write = (reply: string): void =>
    inTurn(() => {
      if (!socket.destroyed) socket.write(`${reply}\r\n`);
    });
  const listens = (): boolean => !deaf;

  /** Says what is usual at a place, unless this is where something else is done. */
  const speak = (here: Place, usual: string): string => {
    if (here !== place || acted) {
      write(usual);
      return usual;
    }
    acted = true;
    switch (act.kind) {
      case 'say':
        write(act.reply);
        return act.reply;
      case 'late':
        behind = [];
        write(usual);
        setTimeout(() => {
          const waiting = behind ?? [];
          behind = null;
          for (const next of waiting) next();
        }, act.ms);
        return usual;
      case 'twice':
        write(usual);
        write(usual);
        return usual;
      case 'hang':
      case 'drop':
      case 'half':
        deaf = true;
        if (act.kind === 'hang') socket.pause();
        else if (act.kind === 'drop') socket.destroy();
        else socket.end(usual.slice(0, 2));
        return '';
      default:
        return unreachable(act);
    }
  };
  const secure = (): void => {
    plain.removeAllListeners('data');
    socket = new TLSSocket(plain, { isServer: true, ...certificate });
    unread = '';
    listen();
  };
  const command = (line: string): void => {
    const verb = line.split(/[ :]/, 1)[0] ?? '';
    switch (verb) {
      case 'EHLO':
      case 'LHLO':
        speak('hello', [...['me', ...extensions].map((word) => `250-${word}`), '250 HELP'].join('\r\n'));
        break;
      case 'HELO':
        write('250 me');
        break;
      case 'STARTTLS':
        if (speak('STARTTLS', '220 go on').startsWith('220')) inTurn(secure);
        break;
      case 'AUTH':
        speak('AUTH', '235 2.7.0 welcome');
        break;
      case 'MAIL':
        accepted = 0;
        speak('MAIL', '250 2.1.0 fine');
        break;
      case 'RCPT':
        if (speak('RCPT', '250 2.1.5 fine').startsWith('2')) accepted++;
        break;
      case 'DATA':
        inMessage = speak('DATA', accepted > 0 ? '354 go on' : '554 5.5.1 nobody').startsWith('354');
        break;
      case 'QUIT':
        speak('QUIT', '221 2.0.0 bye');
        if (!deaf) inTurn(() => socket.end());
        break;
      default:
        write('250 2.0.0 fine');
    }
  };
  const ofMessage = (): void => {
    if (place === 'block' && !acted && unread.length > 0) {
      if (act.kind === 'late') {
        acted = true;
        socket.pause();
        setTimeout(() => socket.resume(), act.ms);
      } else speak('block', '250 2.0.0 too soon');
    }
    const end = `\r\n${unread}`.indexOf('\r\n.\r\n');
    if (end < 0) return;
    unread = unread.slice(end + 3);
    inMessage = false;
    if (!lmtp) speak('final', '250 2.0.0 taken');
    else {
      for (let n = 0; n < accepted && listens(); n++)
        speak(n === 0 ? 'first' : 'second', `250 2.0.0 taken by ${n}`);
    }
  };
  const listen = (): void => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      unread += chunk.toString('latin1');
      while (listens()) {
        if (inMessage) ofMessage();
        if (inMessage || !listens()) return;
        const end = unread.indexOf('\r\n');
        if (end < 0) return;
        const line = unread.slice(0, end);
        unread = unread.slice(end + 2);
        command(line);
      }
    });
  };
  plain.setNoDelay(true);
  listen();
  speak('greeting', '220 me ESMTP');
}

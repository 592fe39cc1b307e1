/**
 * A large message on its way behind DATA, in pieces.
 *
 * Promises: no more is read than the server takes, and it has its time for each piece (RFC 5321 section 4.5.3.2.5).
 * Fails: when the message cannot be read; what was sent of it has no end then.
 */
import type { Readable } from 'node:stream';
import type { SmtpWire } from './smtp-wire.ts';
import type { MessageSource } from './transport.ts';
import { wireForm } from './wire-message.ts';

/** A message that is being sent. */
export type MessageStream = {
  /** Resolves when all of it was handed to the connection, or after `stop`. Rejects with what reading it threw. */
  readonly sent: Promise<void>;
  /** Sends no more of it. */
  readonly stop: () => void;
};

/** Begins to send a message. */
export function streamMessage(wire: SmtpWire, message: MessageSource): MessageStream {
  let source: Readable | null = null;
  let stopped = false;
  const send = async (): Promise<void> => {
    const form = wireForm();
    wire.speaking(true);
    try {
      source = message.stream();
      // A failure is told by the loop; one that comes after `stop` by nobody.
      source.on('error', () => {});
      for await (const piece of source) {
        if (stopped) return;
        if (!wire.send(form.add(piece))) await wire.drained();
      }
    } catch (error) {
      if (stopped) return;
      throw error;
    } finally {
      wire.speaking(false);
    }
    wire.send(form.end());
  };
  return {
    sent: send(),
    stop: () => {
      stopped = true;
      source?.destroy();
    },
  };
}

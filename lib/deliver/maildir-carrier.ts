/**
 * Delivery into a directory: a Maildir per recipient, `PATH/ADDRESS/`. For trying out, and for tests.
 *
 * Promises: each recipient's copy is the message, unchanged, after a Return-Path and a Delivered-To line with
 * the message's own line ends. The file's name follows from the message's id and the recipient, so a repeat
 * finds it and adds nothing. No recipient, however named, gets out of PATH.
 * Fails: by outcomes. A full disk or a missing permission is temporary and nobody's fault (scope message);
 * a message that cannot be read is temporary, scope message.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { errorText } from '../base/errors.ts';
import { addressFault } from '../smtp/address-fault.ts';
import {
  type Carrier,
  everyRecipient,
  type Judgement,
  type Lane,
  type MessageSource,
  type Outcome,
  RUN_IS_ENDING,
  temporaryTrouble,
} from '../smtp/transport.ts';
import { deliverToMaildir } from './maildir.ts';

/** How far a line end is looked for, bytes; a message without one gets LF. */
const FIRST_LINE_LIMIT = 64 * 1024;

/** Longest name of a directory, bytes. */
const MAX_DIRECTORY_NAME = 255;

/** Messages at once: they are many files, and wait for the disk only. */
const AT_ONCE = 16;

/** The way into `settings.path`, which is made when the first message comes. */
export function maildirCarrier(settings: { readonly path: string }): Carrier {
  async function deliver(
    sender: string,
    recipient: string,
    message: MessageSource,
    signal?: AbortSignal,
  ): Promise<Judgement> {
    const name = maildirName(recipient);
    const fault =
      addressFault(recipient) ??
      (name.length > MAX_DIRECTORY_NAME ? 'the address is too long for a directory name' : null);
    if (fault !== null) return { kind: 'permanent', scope: 'recipient', status: '5.1.3', reply: fault };
    const directory = join(settings.path, name);
    const source = new ReadOnce(message);
    try {
      const lines = [`Return-Path: <${sender}>`, `Delivered-To: ${recipient}`];
      const chunks = withHeader(lines, source.chunks(signal));
      const result = await deliverToMaildir(directory, fileName(message.id, recipient), chunks);
      const reply = `${result === 'present' ? 'already' : 'written'} in ${directory}`;
      return { kind: 'delivered', scope: 'recipient', status: '2.0.0', reply };
    } catch (error) {
      if (signal?.aborted) return temporaryTrouble('message', RUN_IS_ENDING);
      if (source.failed) {
        return temporaryTrouble('message', `cannot read the message ${message.id}: ${errorText(error)}`);
      }
      return temporaryTrouble('message', `cannot write to ${directory}: ${errorText(error)}`);
    }
  }

  const transact: Lane['transact'] = async ({ sender, recipients, message, mayPass }, signal) => {
    await mayPass?.();
    const fault = sender === '' ? null : addressFault(sender);
    if (fault !== null) {
      const refusal = { kind: 'permanent', scope: 'message', status: '5.1.7', reply: fault } as const;
      return { outcomes: everyRecipient(recipients, refusal), heard: true };
    }
    const outcomes: Outcome[] = [];
    for (const recipient of recipients) {
      const judgement = signal?.aborted
        ? temporaryTrouble('message', RUN_IS_ENDING)
        : await deliver(sender, recipient, message, signal);
      outcomes.push({ recipient, ...judgement });
    }
    return { outcomes, heard: true };
  };

  const lane: Lane = { alive: () => true, transact, close: async () => {} };
  return { name: 'maildir', connections: AT_ONCE, open: async () => lane };
}

/**
 * An address as the name of a directory: each byte outside `[A-Za-z0-9._+=@-]`, and a dot at the beginning, as
 * `%XX`. Different addresses have different names.
 */
export function maildirName(address: string): string {
  let name = '';
  for (const byte of Buffer.from(address)) {
    const character = String.fromCharCode(byte);
    const plain = /[A-Za-z0-9._+=@-]/.test(character) && !(name === '' && character === '.');
    name += plain ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return name;
}

function fileName(id: string, recipient: string): string {
  const hash = createHash('sha256').update(`${id}\0${recipient}`).digest('hex').slice(0, 20);
  return `${maildirName(id).slice(0, 100)}.${hash}`;
}

/** Reads a message late, and remembers whether it was the reading that failed. */
class ReadOnce {
  failed = false;
  readonly #message: MessageSource;

  constructor(message: MessageSource) {
    this.#message = message;
  }

  /** @throws what the stream throws; an AbortError when `signal` is aborted */
  async *chunks(signal?: AbortSignal): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of this.#message.stream()) {
        signal?.throwIfAborted();
        yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
      }
    } catch (error) {
      this.failed = true;
      throw error;
    }
  }
}

/** `lines` with the line end of the message's first line, then the message. */
async function* withHeader(lines: readonly string[], chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let start: Buffer | null = Buffer.alloc(0);
  for await (const chunk of chunks) {
    if (start === null) {
      yield chunk;
      continue;
    }
    start = Buffer.concat([start, chunk]);
    if (!start.includes(10) && start.length < FIRST_LINE_LIMIT) continue;
    yield header(lines, start);
    yield start;
    start = null;
  }
  if (start === null) return;
  yield header(lines, start);
  yield start;
}

function header(lines: readonly string[], start: Buffer): Buffer {
  const end = start.indexOf(10);
  const lineEnd = end > 0 && start[end - 1] === 13 ? '\r\n' : '\n';
  return Buffer.from(lines.map((line) => line + lineEnd).join(''));
}

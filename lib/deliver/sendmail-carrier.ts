/**
 * Delivery by a command that takes mail as sendmail does: `COMMAND... -i -f SENDER -- RECIPIENT...`, the message on its
 * standard input. No shell.
 *
 *     it ended with            kind        scope        status
 *     0                        delivered
 *     65 wrong data            permanent   message      5.6.0
 *     67 no such user          permanent   recipient *  5.1.1
 *     68 no such host          permanent   recipient *  5.1.2
 *     75 try again             temporary   message                 (Postfix says it of everything)
 *     others, a signal,        temporary   connection   a wrong option, no permission, a full disk, a mail system that is
 *     too late, not started                             down: our own trouble, and nothing against the message
 *
 *     * With several recipients nobody knows whom it means: then it is about the message.
 *
 * Promises: the command gets LF line ends (a CRLF becomes one), as such commands want them, and is otherwise given the
 * message unchanged. No address is taken for an option, for a list of addresses, or for a comment. The message of an
 * unreadable file is not sent by half.
 * Fails: by outcomes. A command that is killed may have taken the message: the repeat may deliver it twice.
 */
import { Readable } from 'node:stream';
import { formatDuration } from '../base/duration.ts';
import { errorText } from '../base/errors.ts';
import { type CommandEnd, runCommand } from '../base/run-command.ts';
import type { SendmailSettings } from '../config/site.ts';
import { addressFault } from '../smtp/address-fault.ts';
import {
  type Carrier,
  everyRecipient,
  type Judgement,
  type Lane,
  type MessageSource,
  type Outcome,
  RUN_IS_ENDING,
  type Transaction,
  temporaryTrouble,
} from '../smtp/transport.ts';
import { inTurn } from './in-turn.ts';

/** How long a delivery that the command left in the background may hold on to its output. */
const LINGER_MS = 2_000;

/** Longest conversation that is kept, characters; it is what the command line and its output may have. */
const MAX_CONVERSATION = 8 * 1024;

/** One address and nothing else, in the eyes of whoever reads the arguments as RFC 5322 address lists. */
const PLAIN_ADDRESS =
  /^(?:"(?:[^"\\]|\\.)*"|[^\s,;:()<>[\]"\\@|/][^\s,;:()<>[\]"\\@]*)@(?:[^\s,;:()<>[\]"\\@]+|\[[^\s,;()<>[\]"\\@]+\])$/u;

const PERMANENT: Readonly<Record<number, { readonly scope: Judgement['scope']; readonly status: string }>> = {
  65: { scope: 'message', status: '5.6.0' },
  67: { scope: 'recipient', status: '5.1.1' },
  68: { scope: 'recipient', status: '5.1.2' },
};

/** The carrier to the command. */
export function sendmailCarrier(settings: SendmailSettings): Carrier {
  return {
    name: `sendmail:${settings.command[0] ?? ''}`,
    connections: settings.connections,
    open: async () => sendmailLane(settings),
  };
}

function sendmailLane({ command, timeoutMs }: SendmailSettings): Lane {
  const alone = inTurn();
  const program = command[0] ?? '';

  /** The outcomes for recipients who can be named to the command. */
  async function run(
    { sender, message }: Transaction,
    recipients: readonly string[],
    signal?: AbortSignal,
  ): Promise<readonly Outcome[]> {
    const words = [...command, '-i', '-f', sender === '' ? '<>' : sender, '--', ...recipients];
    const feed = localMessage(message);
    let end: CommandEnd;
    try {
      end = await runCommand({ command: words, timeoutMs, lingerMs: LINGER_MS }, feed.stream, {}, signal);
    } catch (error) {
      const judgement = feed.broken()
        ? temporaryTrouble('message', `cannot read the message ${message.id}: ${errorText(error)}`)
        : temporaryTrouble('connection', `cannot run ${program}: ${errorText(error)}`);
      return everyRecipient(recipients, judgement);
    }
    if (end.stopped && end.status !== 0)
      return everyRecipient(recipients, temporaryTrouble('connection', RUN_IS_ENDING));
    const judgement = judgeEnd(end, program, timeoutMs, recipients.length);
    if (judgement.kind === 'delivered') return everyRecipient(recipients, judgement);
    const conversation = conversationOf(words, end.output);
    return recipients.map((recipient) => ({ recipient, ...judgement, conversation }));
  }

  const transact: Lane['transact'] = (transaction, signal) =>
    alone(async () => {
      const { sender, recipients, mayPass } = transaction;
      const fault = sender === '' ? null : nameFault(sender);
      if (fault !== null) {
        const refusal = { kind: 'permanent', scope: 'message', status: '5.1.7', reply: fault } as const;
        return { outcomes: everyRecipient(recipients, refusal), heard: true };
      }
      const named = recipients.filter((recipient) => nameFault(recipient) === null);
      const found = new Map<string, Outcome>();
      if (named.length > 0 && !signal?.aborted) {
        await mayPass?.();
        for (const outcome of await run(transaction, named, signal)) found.set(outcome.recipient, outcome);
      }
      const outcomes = recipients.map((recipient): Outcome => {
        const reply = nameFault(recipient);
        if (reply !== null)
          return { recipient, kind: 'permanent', scope: 'recipient', status: '5.1.3', reply };
        return found.get(recipient) ?? { recipient, ...temporaryTrouble('connection', RUN_IS_ENDING) };
      });
      return { outcomes, heard: true };
    });

  return { alive: () => true, transact, close: () => alone(async () => {}) };
}

/** What is wrong with an address as a word of the command line; `null` when nothing is. */
function nameFault(address: string): string | null {
  const fault = addressFault(address);
  if (fault !== null || PLAIN_ADDRESS.test(address)) return fault;
  return `the address cannot be given to a command: ${JSON.stringify(address)}`;
}

/** What the end of the command says of each of `count` recipients. */
function judgeEnd(end: CommandEnd, program: string, timeoutMs: number, count: number): Judgement {
  const { status, signal, timedOut, output } = end;
  if (status === 0)
    return { kind: 'delivered', scope: 'recipient', status: '2.0.0', reply: `taken by ${program}` };
  const how = timedOut
    ? `did not end within ${formatDuration(timeoutMs)}`
    : signal === null
      ? `ended with status ${status}`
      : `was ended by ${signal}`;
  // The error stands in the last line.
  const last = output.slice(output.lastIndexOf('\n') + 1).trim();
  const reply = `${program} ${how}${last === '' ? '' : `: ${last}`}`;
  const refusal = timedOut || status === null ? undefined : PERMANENT[status];
  if (refusal) return { kind: 'permanent', ...refusal, scope: count > 1 ? 'message' : refusal.scope, reply };
  return temporaryTrouble(status === 75 && !timedOut ? 'message' : 'connection', reply);
}

function conversationOf(words: readonly string[], output: string): string {
  const said = output === '' ? [] : output.split('\n').map((line) => `< ${line}`);
  const line = `> ${words.join(' ')}`.slice(0, MAX_CONVERSATION / 2);
  return [line, said.join('\n').slice(-MAX_CONVERSATION / 2)].join('\n').trimEnd();
}

/** The message with LF line ends, and whether reading it has failed. */
function localMessage(message: MessageSource): { readonly stream: Readable; readonly broken: () => boolean } {
  let broken = false;
  async function* chunks(): AsyncGenerator<Buffer> {
    // A CR at the end of a piece waits for what follows it.
    let held = false;
    try {
      for await (const piece of message.stream()) {
        const bytes = Buffer.isBuffer(piece) ? piece : Buffer.from(String(piece));
        const whole: Buffer = held ? Buffer.concat([CR, bytes]) : bytes;
        held = whole.at(-1) === 13;
        yield withoutCarriageReturns(held ? whole.subarray(0, -1) : whole);
      }
    } catch (error) {
      broken = true;
      throw error;
    }
    if (held) yield CR;
  }
  return { stream: Readable.from(chunks(), { objectMode: false }), broken: () => broken };
}

const CR = Buffer.of(13);

/** `bytes` with LF in place of each CRLF. */
function withoutCarriageReturns(bytes: Buffer): Buffer {
  if (!bytes.includes('\r\n')) return bytes;
  return Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
}

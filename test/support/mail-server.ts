/** A mail server on 127.0.0.1 that refuses what a test wants refused, and keeps what it took. */
import { SMTPServer } from 'smtp-server';
import type { Test } from 'tap';
import { listen } from '../deliver/fake-server.ts';

/** A message with its envelope. */
export type TakenMail = { readonly from: string; readonly to: readonly string[]; readonly message: string };

/** Replies by recipient, or for the message as a whole; `550 5.1.1 no such user`. What is not named is taken. */
export type Refusals = {
  recipients: Readonly<Record<string, string>>;
  message?: string;
  /** Time until a message is answered, milliseconds. */
  thinkMs?: number;
};

/** The server; `refusals` may be changed while it runs. */
export type MailServer = { readonly port: number; readonly taken: TakenMail[]; refusals: Refusals };

function refusal(reply: string): Error {
  return Object.assign(new Error(reply.slice(4)), { responseCode: Number(reply.slice(0, 3)) });
}

/** Starts a server that is stopped at the end of `t`. */
export async function mailServer(t: Test, refusals: Refusals = { recipients: {} }): Promise<MailServer> {
  const taken: TakenMail[] = [];
  const mails: MailServer = { port: 0, taken, refusals };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    closeTimeout: 100,
    onRcptTo: ({ address }, _session, done) => {
      const reply = mails.refusals.recipients[address];
      done(reply === undefined ? null : refusal(reply));
    },
    onData: (stream, { envelope }, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { message } = mails.refusals;
        if (message !== undefined) return done(refusal(message));
        taken.push({
          from: envelope.mailFrom ? envelope.mailFrom.address : '',
          to: envelope.rcptTo.map(({ address }) => address),
          message: Buffer.concat(chunks).toString('latin1'),
        });
        setTimeout(done, mails.refusals.thinkMs ?? 0);
      });
    },
  });
  server.on('error', () => {});
  return Object.assign(mails, { port: await listen(t, server.server) });
}

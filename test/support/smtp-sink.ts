/**
 * A mail server for a machine, as a program of its own: takes everything.
 *
 *     node smtp-sink.js PORT
 *
 * Prints `ready`, and for each message a line `MILLISECONDS-SINCE-THE-EPOCH SUBJECT` with the time when its connection came.
 */
import { SMTPServer } from 'smtp-server';

const [port = ''] = process.argv.slice(2);
const connectedAt = new Map<string, number>();
const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS', 'AUTH'],
  disableReverseLookup: true,
  onConnect: ({ id }, done) => {
    connectedAt.set(id, Date.now());
    done();
  },
  onData: (stream, { id }, done) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      const subject = /^Subject: *(.*?)\r?$/im.exec(Buffer.concat(chunks).toString('latin1'))?.[1];
      console.log(`${connectedAt.get(id) ?? Date.now()} ${subject ?? ''}`);
      done();
    });
  },
  onClose: ({ id }) => {
    connectedAt.delete(id);
  },
});
server.listen(Number(port), '127.0.0.1', () => console.log('ready'));

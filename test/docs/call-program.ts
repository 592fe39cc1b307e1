/** The program in this process, with streams of its own. */
import { Readable, Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { main } from '../../lib/cli/main.ts';

/** What a call printed, and its exit status. */
export type Called = { readonly status: number; readonly stdout: string; readonly stderr: string };

/** How a call is made; nothing of it comes from this process. */
export type CallOptions = {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Whether standard output is a terminal. */
  readonly terminal?: boolean;
};

/** A stream that keeps what is written, without colours. */
function keeper(terminal: boolean) {
  let text = '';
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString('utf8');
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY: terminal, columns: 80 }), text: () => text };
}

/** Runs one command line. */
export async function callProgram(argv: readonly string[], options: CallOptions = {}): Promise<Called> {
  const { input = '', env = {}, terminal = false } = options;
  const stdout = keeper(terminal);
  const stderr = keeper(false);
  const stdin = Readable.from(input === '' ? [] : [Buffer.from(input)]);
  const status = await main(argv, { stdin, stdout: stdout.stream, stderr: stderr.stream, env });
  return { status, stdout: stripVTControlCharacters(stdout.text()), stderr: stderr.text() };
}

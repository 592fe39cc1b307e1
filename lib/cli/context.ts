/** What every command is called with. */
import type { ExitStatus } from '../base/sysexits.ts';
import type { Io } from './io.ts';

/** One call of the program. */
export type Context = {
  readonly io: Io;
  /** The options before the command's name. */
  readonly globals: () => {
    readonly config?: string | undefined;
    readonly json: boolean;
    readonly verbose: boolean;
  };
  /** Sets the exit status; the last one set counts. */
  readonly exit: (status: ExitStatus) => void;
  /** Runs another command line of the program with the same streams; resolves to its exit status. */
  readonly call: (argv: readonly string[]) => Promise<ExitStatus>;
};

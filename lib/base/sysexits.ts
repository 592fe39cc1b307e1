/**
 * Exit statuses, by sysexits(3): what a mail server that pipes into us understands.
 * docs/man/qrunner.1.md lists them with their meaning; a test compares the two.
 */
export const EX = {
  /** Done. For `inject`: the message is durable. For a run: every bell listed was removed, or the budget ended. */
  OK: 0,
  /** The command line is wrong. */
  USAGE: 64,
  /** The input is not what it should be: not a message, not an address. */
  DATAERR: 65,
  /** No such list, member, entry or queue. */
  NOUSER: 67,
  /** A bug of ours, or of a user's own runner module. */
  SOFTWARE: 70,
  /** Temporary trouble: disk full, lock held, no permission right now. Try again. */
  TEMPFAIL: 75,
  /** The configuration is wrong; nothing was started. */
  CONFIG: 78,
} as const;

/** One of the exit statuses in {@link EX}. */
export type ExitStatus = (typeof EX)[keyof typeof EX];

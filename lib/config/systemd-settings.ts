/** The section `systemd`, checked and with defaults filled in. Types only. */

/** What the generated systemd units are told. */
export type SystemdSettings = {
  /** Whom the services of the system run as. */
  readonly user: string;
  readonly group: string;
  /** Longest time between two runs, milliseconds. */
  readonly sweepMs: number;
  /** Whether there is a socket for LMTP. */
  readonly lmtp: boolean;
  /** Its path; `null` for the usual place, `lmtp.sock` in a directory of the units' name below /run. */
  readonly lmtpSocket: string | null;
  /** Who may connect to it. */
  readonly lmtpGroup: string;
};

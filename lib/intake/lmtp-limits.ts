/** What one LMTP client may ask of us. qrunner(1) tells these figures, and a test compares. */

/** Limits of the receiver. Times in milliseconds, sizes in octets. */
export type LmtpLimits = {
  /** Connections at once; one more is answered 421. */
  readonly connections: number;
  /** A command with its end. RFC 5321 asks for 512, and extensions add to that. */
  readonly commandBytes: number;
  /** A line of a message without its end. RFC 5321 asks for 998; more is taken, since the bytes are the author's. */
  readonly lineBytes: number;
  /** Recipients of one transaction. RFC 5321 asks for 100. */
  readonly recipients: number;
  /** Commands that were wrong before the connection is closed with 421. */
  readonly errors: number;
  /** Until a command has come in whole, and between two pieces of a message (RFC 5321 section 4.5.3.2.7). */
  readonly commandMs: number;
  /** From DATA to the end of the message. */
  readonly messageMs: number;
  /** A connection that is older is closed with 421 before its next command. */
  readonly connectionMs: number;
  /** How long transactions under way may take after SIGTERM. */
  readonly stopMs: number;
};

/** The limits in force. */
export const LMTP_LIMITS: LmtpLimits = {
  connections: 250,
  commandBytes: 2_048,
  lineBytes: 1_048_576,
  recipients: 100,
  errors: 20,
  commandMs: 300_000,
  messageMs: 3_600_000,
  connectionMs: 3_600_000,
  stopMs: 30_000,
};

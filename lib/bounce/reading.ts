/** What a message to a list's -bounces address can be. */

/**
 * Why mail was not delivered, as far as it matters for a member: `hard` the address is gone, `full` the mailbox
 * is full, `policy` this message was not wanted, `soft` it did not work for a time, `unknown` nothing told it.
 */
export type BounceClass = 'hard' | 'soft' | 'policy' | 'full' | 'unknown';

/** A recipient that did not get the mail. */
export type BouncedRecipient = {
  /** The member's address where the reverse-path named him, else what the report says. */
  readonly address: string;
  /** Enhanced status code (RFC 3463), `5.1.1`, or `null` when none was told. */
  readonly status: string | null;
  /** The words of the server that refused, on one line, at most 1000 characters; `null` when none were told. */
  readonly diagnostic: string | null;
  readonly class: BounceClass;
};

/** What was read from a message. `detector` names what recognised it. */
export type BounceReading =
  | {
      readonly kind: 'bounce';
      readonly detector: string;
      readonly recipients: readonly BouncedRecipient[];
    }
  /**
   * Nothing to count: the mail is still on its way, a person is away, somebody wants a confirmation, or the mail
   * arrived.
   */
  | { readonly kind: 'delayed' | 'auto-reply' | 'challenge' | 'receipt'; readonly detector: string }
  /** Somebody called the mail spam, or wants no more of it (RFC 5965). */
  | {
      readonly kind: 'complaint';
      readonly detector: string;
      /** May be empty: many reports do not say who complains. */
      readonly addresses: readonly string[];
      /** In lower case: `abuse`, `fraud`, `opt-out`, `virus`, `other`, or what the report says. */
      readonly feedbackType: string;
    }
  | { readonly kind: 'unrecognised' };

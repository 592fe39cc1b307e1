/** What a bounce counts and leads to: the site's section `bounces`, which a list may change key by key. */

/** Kinds of bounces, by what they say about the member. */
export const BOUNCE_CLASSES = ['hard', 'soft', 'policy', 'full', 'unknown'] as const;

/** One of {@link BOUNCE_CLASSES}: gone for good; failed for a time too often; the content refused; mailbox full; no reason. */
export type BounceClassName = (typeof BOUNCE_CLASSES)[number];

/** What is done when a score has reached the threshold: delivery is stopped, or the owners are only told. */
export const BOUNCE_ACTIONS = ['disable', 'notify'] as const;

/** When a probe is sent: never, at the threshold, or after the first hard bounce. */
export const PROBE_TIMES = ['never', 'threshold', 'first-hard'] as const;

/** What is done when a member complains about mail of the list as spam. */
export const COMPLAINT_ACTIONS = ['unsubscribe', 'disable', 'notify', 'ignore'] as const;

/** Where mail to -bounces goes that is no bounce. */
export const UNRECOGNISED_PLACES = ['owner', 'discard'] as const;

/** The rules for bounces, with every default filled in. */
export type BounceSettings = {
  readonly action: (typeof BOUNCE_ACTIONS)[number];
  /** The score at which something is done. */
  readonly threshold: number;
  /** What a day with a bounce of a class adds to the score. */
  readonly weights: Readonly<Record<BounceClassName, number>>;
  /** A score is forgotten when its last bounce is older than this, milliseconds … */
  readonly forgetMs: number;
  /** … and so many posts have been sent since without a bounce. */
  readonly forgetPosts: number;
  readonly probe: (typeof PROBE_TIMES)[number];
  /** How long a probe may take to bounce, milliseconds. */
  readonly probeLifeMs: number;
  /** Letters to a member whose delivery was stopped. */
  readonly warnings: number;
  /** Time between two of them, and between the last and the removal, milliseconds. */
  readonly warnEveryMs: number;
  /** Whether he is removed in the end. */
  readonly remove: boolean;
  readonly complaints: (typeof COMPLAINT_ACTIONS)[number];
  readonly unrecognised: (typeof UNRECOGNISED_PLACES)[number];
  /** So many percent of the members bouncing on one day are the list's own trouble … */
  readonly alarmShare: number;
  /** … when they are at least so many. */
  readonly alarmMembers: number;
};

/** What holds when nothing is said. */
export const DEFAULT_BOUNCES: BounceSettings = {
  action: 'disable',
  threshold: 5,
  weights: { hard: 1, soft: 0.5, policy: 0, full: 0.5, unknown: 1 },
  forgetMs: 14 * 86_400_000,
  forgetPosts: 5,
  probe: 'threshold',
  probeLifeMs: 7 * 86_400_000,
  warnings: 3,
  warnEveryMs: 7 * 86_400_000,
  remove: true,
  complaints: 'disable',
  unrecognised: 'owner',
  alarmShare: 30,
  alarmMembers: 10,
};

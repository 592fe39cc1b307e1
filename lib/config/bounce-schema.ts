/** The section `bounces`: of the site with its defaults, of a list with what differs from the site. */
import * as v from 'valibot';
import {
  BOUNCE_ACTIONS,
  type BounceSettings,
  COMPLAINT_ACTIONS,
  PROBE_TIMES,
  UNRECOGNISED_PLACES,
} from './bounce-settings.ts';
import { duration, field, flag, oneOf, whole } from './fields.ts';
import { section } from './section.ts';

/** What a day adds to a score: 0 to 10, in steps of a hundredth. */
function weight() {
  return field<number>('a number from 0 to 10 such as 0.5', (found) => {
    if (typeof found === 'number' && found >= 0 && found <= 10) {
      const value = Math.round(found * 100) / 100;
      return Math.abs(value - found) < 1e-9 ? { value } : { fix: `write ${value}` };
    }
    const plain = typeof found === 'string' && /^\d+(\.\d+)?$/.test(found);
    return { fix: plain ? `write it without quotes: ${Number(found)}` : 'write a number from 0 to 10' };
  });
}

/** A share from 1% to 100%; the value is the number before the sign. */
function percent() {
  return field<number>('a share such as 30%', (found) => {
    const digits = typeof found === 'string' ? /^(\d{1,3})%$/.exec(found)?.[1] : undefined;
    const value = Number(digits);
    if (digits !== undefined && value >= 1 && value <= 100) return { value };
    if (typeof found === 'number' && found >= 1 && found <= 100)
      return { fix: `write the sign behind the number: ${Math.round(found)}%` };
    return { fix: 'write a whole number from 1 to 100 and the sign: 30%' };
  });
}

/** The keys, each with its kind of value. */
const KINDS = {
  action: () => oneOf(BOUNCE_ACTIONS),
  threshold: () => whole(1, 100),
  forget: () => duration(),
  forget_posts: () => whole(0, 100),
  probe: () => oneOf(PROBE_TIMES),
  probe_life: () => duration(),
  warnings: () => whole(0, 20),
  warn_every: () => duration(),
  remove: () => flag(),
  complaints: () => oneOf(COMPLAINT_ACTIONS),
  unrecognised: () => oneOf(UNRECOGNISED_PLACES),
  alarm_share: () => percent(),
  alarm_members: () => whole(1, 1_000_000),
};

/** The site's section. The defaults here are those of {@link DEFAULT_BOUNCES}; a test compares them. */
export function siteBouncesSchema() {
  return v.pipe(
    section({
      action: v.optional(KINDS.action(), 'disable'),
      threshold: v.optional(KINDS.threshold(), 5),
      weights: v.nullish(
        section({
          hard: v.optional(weight(), 1),
          soft: v.optional(weight(), 0.5),
          policy: v.optional(weight(), 0),
          full: v.optional(weight(), 0.5),
          unknown: v.optional(weight(), 1),
        }),
        {},
      ),
      forget: v.optional(KINDS.forget(), '14d'),
      forget_posts: v.optional(KINDS.forget_posts(), 5),
      probe: v.optional(KINDS.probe(), 'threshold'),
      probe_life: v.optional(KINDS.probe_life(), '7d'),
      warnings: v.optional(KINDS.warnings(), 3),
      warn_every: v.optional(KINDS.warn_every(), '7d'),
      remove: v.optional(KINDS.remove(), true),
      complaints: v.optional(KINDS.complaints(), 'disable'),
      unrecognised: v.optional(KINDS.unrecognised(), 'owner'),
      alarm_share: v.optional(KINDS.alarm_share(), '30%'),
      alarm_members: v.optional(KINDS.alarm_members(), 10),
    }),
    v.transform(
      (raw): BounceSettings => ({
        action: raw.action,
        threshold: raw.threshold,
        weights: weightsOf(raw.weights),
        forgetMs: raw.forget,
        forgetPosts: raw.forget_posts,
        probe: raw.probe,
        probeLifeMs: raw.probe_life,
        warnings: raw.warnings,
        warnEveryMs: raw.warn_every,
        remove: raw.remove,
        complaints: raw.complaints,
        unrecognised: raw.unrecognised,
        alarmShare: raw.alarm_share,
        alarmMembers: raw.alarm_members,
      }),
    ),
  );
}

/** The mapping without what else the reading may have left in it. */
function weightsOf({
  hard,
  soft,
  policy,
  full,
  unknown,
}: BounceSettings['weights']): BounceSettings['weights'] {
  return { hard, soft, policy, full, unknown };
}

/** A list's section: what it says, and for the rest what `site` says. */
export function listBouncesSchema(site: BounceSettings) {
  return v.pipe(
    section({
      action: v.optional(KINDS.action()),
      threshold: v.optional(KINDS.threshold()),
      weights: v.nullish(
        section({
          hard: v.optional(weight()),
          soft: v.optional(weight()),
          policy: v.optional(weight()),
          full: v.optional(weight()),
          unknown: v.optional(weight()),
        }),
      ),
      forget: v.optional(KINDS.forget()),
      forget_posts: v.optional(KINDS.forget_posts()),
      probe: v.optional(KINDS.probe()),
      probe_life: v.optional(KINDS.probe_life()),
      warnings: v.optional(KINDS.warnings()),
      warn_every: v.optional(KINDS.warn_every()),
      remove: v.optional(KINDS.remove()),
      complaints: v.optional(KINDS.complaints()),
      unrecognised: v.optional(KINDS.unrecognised()),
      alarm_share: v.optional(KINDS.alarm_share()),
      alarm_members: v.optional(KINDS.alarm_members()),
    }),
    v.transform(
      (raw): BounceSettings => ({
        action: raw.action ?? site.action,
        threshold: raw.threshold ?? site.threshold,
        weights: {
          hard: raw.weights?.hard ?? site.weights.hard,
          soft: raw.weights?.soft ?? site.weights.soft,
          policy: raw.weights?.policy ?? site.weights.policy,
          full: raw.weights?.full ?? site.weights.full,
          unknown: raw.weights?.unknown ?? site.weights.unknown,
        },
        forgetMs: raw.forget ?? site.forgetMs,
        forgetPosts: raw.forget_posts ?? site.forgetPosts,
        probe: raw.probe ?? site.probe,
        probeLifeMs: raw.probe_life ?? site.probeLifeMs,
        warnings: raw.warnings ?? site.warnings,
        warnEveryMs: raw.warn_every ?? site.warnEveryMs,
        remove: raw.remove ?? site.remove,
        complaints: raw.complaints ?? site.complaints,
        unrecognised: raw.unrecognised ?? site.unrecognised,
        alarmShare: raw.alarm_share ?? site.alarmShare,
        alarmMembers: raw.alarm_members ?? site.alarmMembers,
      }),
    ),
  );
}

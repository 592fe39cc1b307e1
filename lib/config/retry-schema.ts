/** The section `retry`, of the site and of a list: when delivery is tried again, and when somebody is told. */
import * as v from 'valibot';
import { formatDuration } from '../base/duration.ts';
import { duration, field, objectionOf } from './fields.ts';
import { section, together } from './section.ts';
import type { RetrySettings } from './site.ts';

/** A duration, or `never`, which is `null`. */
function warning() {
  return field<number | null>('a duration such as 4h or 1d, or never', (found) => {
    if (found === 'never') return { value: null };
    const ms = v.safeParse(duration(), found);
    return ms.success ? { value: ms.output } : objectionOf(ms.issues[0].message);
  });
}

/** The keys with their defaults, the site's; with `inherited`, what a list leaves out is taken from there. */
function keys(inherited: RetrySettings | null) {
  if (inherited) {
    return {
      first: v.optional(duration()),
      max: v.optional(duration()),
      give_up: v.optional(duration()),
      warn: v.optional(warning()),
    };
  }
  return {
    first: v.optional(duration(), '5m'),
    max: v.optional(duration(), '4h'),
    give_up: v.optional(duration(), '5d'),
    warn: v.optional(warning(), 'never'),
  };
}

/** The schema of `retry`. `inherited`: what holds for a list that says nothing; `null` for the site. */
export function retrySchema(inherited: RetrySettings | null) {
  const settle = (raw: Readonly<Record<string, unknown>>): RetrySettings => {
    const given = (key: string, otherwise: number) => {
      const value = raw[key];
      return typeof value === 'number' ? value : otherwise;
    };
    return {
      firstMs: given('first', inherited?.firstMs ?? 0),
      maxMs: given('max', inherited?.maxMs ?? Number.MAX_SAFE_INTEGER),
      giveUpMs: given('give_up', inherited?.giveUpMs ?? Number.MAX_SAFE_INTEGER),
      warnMs:
        typeof raw.warn === 'number' ? raw.warn : raw.warn === null ? null : (inherited?.warnMs ?? null),
    };
  };
  return v.pipe(
    section(keys(inherited)),
    together((values, report, sound) => {
      // A wrong value is still what the file says: a number may not be one of milliseconds.
      if (!sound) return;
      const { firstMs, maxMs, giveUpMs, warnMs } = settle(values);
      // Told at the key the file has: a list may set one and inherit the other.
      const at = (key: string) => (values[key] === undefined ? 'first' : key);
      for (const [key, value] of Object.entries({ max: maxMs, give_up: giveUpMs })) {
        if (value >= firstMs) continue;
        const least = formatDuration(firstMs);
        report(at(key), 'value', {
          message: `found ${formatDuration(value)}, wanted at least the first delay, ${least}`,
          fix: `write ${least.replaceAll(' ', '')} or more, or a smaller first`,
        });
      }
      if (warnMs === null || warnMs < giveUpMs) return;
      report(values.warn === undefined ? 'give_up' : 'warn', 'value', {
        message: `found ${formatDuration(warnMs)}, wanted less than give_up, ${formatDuration(giveUpMs)}`,
        fix: 'write a shorter warn, or a longer give_up',
      });
    }),
    v.transform(settle),
  );
}

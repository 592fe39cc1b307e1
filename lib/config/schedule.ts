/**
 * When a metered site may send mail. Pure, by the local time of the process (TZ).
 *
 * Promises: the wall clock counts. A time that comes twice when clocks are put back is the first of the two; one that is
 * left out when they are put forward is the moment that clock would have shown it (02:30 is then 03:30). A span of
 * which nothing is left that day is not open that day.
 */

/** A time of the week, local time. */
export type ScheduleSpan = {
  /** The days on which it begins; 0 is Sunday. */
  readonly days: readonly number[];
  /** Minutes of the wall clock, 0 to 1439. */
  readonly from: number;
  /** Minutes of the wall clock, 1 to 1440. One that is not after `from` is of the next day. */
  readonly to: number;
};

/** Open while at least one of its spans is. */
export type Schedule = readonly ScheduleSpan[];

/** Days that are looked at: a whole week, the day before (a span may begin there) and the same day a week later. */
const DAYS_AHEAD = 8;

/** The moment at which the wall clock shows `minutes` (0 to 1440) on the day of `date` plus `days`. */
function momentAt(date: Date, days: number, minutes: number): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days, 0, minutes).getTime();
}

/**
 * The next moment at which `schedule` is open, milliseconds since the epoch: `now` itself while it is, or when there is
 * no schedule.
 */
export function nextOpening(schedule: Schedule | null, now: number): number {
  if (schedule === null) return now;
  const date = new Date(now);
  let next = Number.POSITIVE_INFINITY;
  for (let ahead = -1; ahead < DAYS_AHEAD; ahead++) {
    const day = (date.getDay() + ahead + 7) % 7;
    for (const { days, from, to } of schedule) {
      if (!days.includes(day)) continue;
      const begins = momentAt(date, ahead, from);
      const ends = momentAt(date, to > from ? ahead : ahead + 1, to);
      if (ends <= Math.max(now, begins)) continue;
      if (begins <= now) return now;
      next = Math.min(next, begins);
    }
  }
  return next;
}

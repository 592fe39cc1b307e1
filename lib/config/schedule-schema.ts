/**
 * The times of `schedule`: `22:00-06:00`, `sat-sun 00:00-24:00`, `mon,wed 08:00-10:00`. Local time; without days, every
 * day; a span whose end is not after its beginning ends on the next day.
 */
import * as v from 'valibot';
import { field } from './fields.ts';
import type { ScheduleSpan } from './schedule.ts';

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];

/** The days of `mon-fri,sun`, in order; `null` when it is none. `fri-mon` goes over the end of the week. */
function parseDays(text: string): number[] | null {
  const days = new Set<number>();
  for (const part of text.toLowerCase().split(',')) {
    const [first = '', last = first, ...more] = part.split('-');
    const from = DAYS.indexOf(first);
    const to = DAYS.indexOf(last);
    if (from < 0 || to < 0 || more.length > 0) return null;
    for (let day = from; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === to) break;
    }
  }
  return [...days].sort((a, b) => a - b);
}

/** Minutes of `06:30`; `null` when there is no such time. Midnight at the end of a day is 24:00. */
function parseTime(text: string): number | null {
  const [, hours, minutes] = /^(\d{1,2}):(\d\d)$/.exec(text) ?? [];
  const found = Number(hours) * 60 + Number(minutes);
  return Number(minutes) < 60 && found <= 1_440 ? found : null;
}

/** A span, or `null` when the text is none. */
export function parseSpan(text: string): ScheduleSpan | null {
  const [, named, first = '', last = ''] = /^(?:(\S+) +)?([\d:]+) ?- ?([\d:]+)$/.exec(text.trim()) ?? [];
  const days = named === undefined ? EVERY_DAY : parseDays(named);
  const from = parseTime(first);
  const to = parseTime(last);
  if (days === null || from === null || to === null) return null;
  // 22:00-22:00 may be meant as nothing or as a day, and 00:00 is the end of no day.
  if (from === to || from === 1_440) return null;
  return { days, from, to: to === 0 ? 1_440 : to };
}

/** The schema of `schedule`. */
export function schedule() {
  return v.pipe(
    field<unknown[]>('a sequence of times such as ["22:00-06:00"]', (found) => {
      if (Array.isArray(found) && found.length > 0) return { value: found };
      return {
        fix: typeof found === 'string' ? `write ["${found}"]` : 'write ["22:00-06:00"], or remove the line',
      };
    }),
    v.array(
      field<ScheduleSpan>('a time such as "22:00-06:00" or "mon-fri 18:00-24:00"', (found) => {
        const value = typeof found === 'string' ? parseSpan(found) : null;
        if (value !== null) return { value };
        return { fix: 'write DAYS HH:MM-HH:MM in quotes; days are mon, tue, wed, thu, fri, sat, sun' };
      }),
    ),
  );
}

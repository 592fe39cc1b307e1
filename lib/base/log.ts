/**
 * One line per event, `event key=value …`, for the journal and for people.
 *
 * Promises: a line is written at once and whole (a synchronous write to standard error); no value can forge a
 * second line or a second key. Under systemd (JOURNAL_STREAM is set) each line begins with `<priority>`, sd-daemon(3).
 */
import { writeSync } from 'node:fs';

/** Priorities of syslog(3) that we use. */
const PRIORITY = { error: 3, warning: 4, notice: 5, info: 6, debug: 7 } as const;

/** How much an event matters. */
export type LogLevel = keyof typeof PRIORITY;

/** Values of an event; `undefined` and `null` are left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Writes an event. Names are `noun-verb` words, the same in the code, the journal and the manual. */
export type Log = (level: LogLevel, event: string, fields?: LogFields) => void;

/** `value`, or `"value"` with quotes, blanks and control characters escaped. */
function quote(value: string): string {
  return /^[^\s"=\\\p{Cc}]+$/u.test(value)
    ? value
    : JSON.stringify(value).replace(
        /[\u007f-\u009f\u2028\u2029]/g,
        (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
}

/** The line of an event, without priority and newline. */
export function formatEvent(event: string, fields: LogFields = {}): string {
  let line = event;
  for (const [key, value] of Object.entries(fields)) {
    if (value !== null && value !== undefined) line += ` ${key}=${quote(String(value))}`;
  }
  return line;
}

/** A log on standard error that drops events below `least`. */
export function stderrLog(least: LogLevel, env: NodeJS.ProcessEnv = process.env): Log {
  const journal = env.JOURNAL_STREAM !== undefined;
  return (level, event, fields) => {
    if (PRIORITY[level] > PRIORITY[least]) return;
    const line = Buffer.from(
      `${journal ? `<${PRIORITY[level]}>` : 'qrunner: '}${formatEvent(event, fields)}\n`,
    );
    try {
      writeSync(2, line);
    } catch {
      // Standard error is gone (a closed pipe): mail is more important than the line about it.
    }
  };
}

/** A log that drops everything. */
export const silentLog: Log = () => {};

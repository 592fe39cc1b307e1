/**
 * Single values of the configuration: each a schema that says what it wanted and what to do about it.
 *
 * A schema's message is `MESSAGE\nFIX`, the two lines of a problem; {@link objectionOf} takes it apart.
 */
import path from 'node:path';
import * as v from 'valibot';
import { formatDuration, parseDuration } from '../base/duration.ts';
import { formatSize, parseSize } from '../base/size.ts';
import { parseAddress, parseDomain } from './address.ts';
import { nearest } from './nearest.ts';
import { type Objection, show } from './problem.ts';

/** A value that was understood, or what is wrong; without a message it is "found …, wanted …". */
export type Reading<T> = { readonly value: T } | { readonly message?: string; readonly fix: string };

/** The message of a schema for an objection. */
export function schemaMessage({ message, fix }: Objection): string {
  return `${message}\n${fix}`;
}

/** The objection in a schema's message. */
export function objectionOf(message: string): Objection {
  const end = message.indexOf('\n');
  return { message: message.slice(0, end), fix: message.slice(end + 1) };
}

/** A schema from a function that reads a value. `wanted` ends the sentence "found …, wanted …". */
export function field<T>(wanted: string, read: (found: unknown) => Reading<T>) {
  return v.pipe(
    v.unknown(),
    v.rawTransform<unknown, T>(({ dataset, addIssue, NEVER }) => {
      const found = dataset.value;
      const reading: Reading<T> =
        found === null ? { fix: 'write one, or remove the line for the default' } : read(found);
      if ('value' in reading) return reading.value;
      const message = reading.message ?? `found ${show(found)}, wanted ${wanted}`;
      addIssue({ message: schemaMessage({ message, fix: reading.fix }) });
      return NEVER;
    }),
  );
}

/** One line of text. Control characters are refused, since most of it ends up in headers. */
export function text(wanted = 'one line of text') {
  return field<string>(wanted, (found) => {
    if (typeof found === 'number' || typeof found === 'boolean')
      return { fix: `put it into quotes: "${found}"` };
    if (typeof found !== 'string') return { fix: 'write the text behind the key' };
    if (/\p{Cc}/u.test(found)) return { fix: 'write it on one line, without tabs and control characters' };
    return { value: found };
  });
}

/** Text that is not empty. */
export function word(wanted: string) {
  return v.pipe(
    text(wanted),
    v.check(
      (value) => value !== '',
      schemaMessage({ message: `found "", wanted ${wanted}`, fix: `write ${wanted}` }),
    ),
  );
}

/** One of a few words. */
export function oneOf<const T extends string>(words: readonly T[]) {
  return field<T>(`one of ${words.join(', ')}`, (found) => {
    const value = words.find((candidate) => candidate === found);
    if (value !== undefined) return { value };
    const meant = typeof found === 'string' ? nearest(found, words) : null;
    return { fix: `write ${meant ?? words.join(' or ')}` };
  });
}

/** `true` or `false`. YAML 1.2 reads yes, no, on and off as text. */
export function flag() {
  return field<boolean>('true or false', (found) => {
    if (typeof found === 'boolean') return { value: found };
    if (typeof found !== 'string') return { fix: 'write true or false' };
    const yes = /^(yes|on|y|true)$/i.test(found);
    return { fix: yes || /^(no|off|n|false)$/i.test(found) ? `write ${yes}` : 'write true or false' };
  });
}

/** A whole number from `least` to `most`. */
export function whole(least: number, most: number) {
  return field<number>(`a whole number from ${least} to ${most}`, (found) => {
    if (typeof found === 'number' && Number.isInteger(found) && found >= least && found <= most)
      return { value: found };
    const plain = typeof found === 'string' && /^\d+$/.test(found);
    return {
      fix: plain ? `write it without quotes: ${Number(found)}` : `write a number from ${least} to ${most}`,
    };
  });
}

/** A duration above zero, at most `mostMs` milliseconds; the value is in milliseconds. */
export function duration(mostMs = Number.MAX_SAFE_INTEGER) {
  return field<number>('a duration such as 90s, 5m, 4h or 5d', (found) => {
    const ms = typeof found === 'string' ? parseDuration(found) : null;
    if (ms !== null && ms > mostMs) {
      return {
        message: `found ${show(found)}, wanted at most ${formatDuration(mostMs)}`,
        fix: 'write a shorter one',
      };
    }
    if (ms !== null && ms > 0) return { value: ms };
    if (ms === 0 || found === 0)
      return { message: `found ${show(found)}, wanted more than 0`, fix: 'write a longer one' };
    if (typeof found === 'number')
      return { fix: `write the unit behind the number: ${found}s, ${found}m, ${found}h or ${found}d` };
    return { fix: 'write numbers and units without blanks; units are ms, s, m (minutes), h, d and w' };
  });
}

/** A size above zero, at most 1GB; the value is in bytes. */
export function size() {
  const most = 1024 ** 3;
  return field<number>('a size such as 40KB or 25MB', (found) => {
    const bytes = typeof found === 'string' ? parseSize(found) : null;
    if (bytes !== null && bytes > 0 && bytes <= most) return { value: bytes };
    if (bytes !== null || found === 0) {
      return {
        message: `found ${show(found)}, wanted more than 0 and at most ${formatSize(most)}`,
        fix: 'write another size',
      };
    }
    if (typeof found === 'number')
      return { fix: `write the unit behind the number: ${found}KB or ${found}MB` };
    const close = typeof found === 'string' ? /^(\d+)\s*([KMG])?(?:i?B)?$/i.exec(found) : null;
    if (close) return { fix: `write ${close[1]}${(close[2] ?? '').toUpperCase()}B` };
    return { fix: 'write a whole number and a unit without a blank; units are B, KB, MB and GB' };
  });
}

/** A domain; the value is in lower case and ASCII. */
export function domain() {
  return field<string>('a domain such as lists.example.org', (found) => {
    const value = typeof found === 'string' ? parseDomain(found) : null;
    if (value !== null) return { value };
    const rest =
      typeof found === 'string' && found.includes('@') ? found.slice(found.lastIndexOf('@') + 1) : null;
    return {
      fix:
        rest && parseDomain(rest)
          ? `write only what follows the @: ${rest}`
          : 'write letters, digits, "-" and dots',
    };
  });
}

/** A bare address; the value has its domain in lower case and ASCII. */
export function address() {
  return field<string>('an address such as ada@example.org', (found) => {
    const value = typeof found === 'string' ? parseAddress(found) : null;
    if (value !== null) return { value };
    const inside = typeof found === 'string' ? /<([^<>]*)>\s*$/.exec(found)?.[1] : undefined;
    return {
      fix:
        inside && parseAddress(inside)
          ? `write it without the name: ${inside}`
          : 'write name@domain and nothing else',
    };
  });
}

/** A path; the value is absolute, relative ones count from `base`. */
export function filePath(base: string, wanted = 'a path') {
  return field<string>(wanted, (found) => {
    if (typeof found !== 'string' || found === '')
      return { fix: 'write an absolute path, or one relative to this file' };
    if (found.includes('\0')) return { fix: 'remove the zero byte' };
    if (/^~(\/|$)/.test(found)) return { fix: 'write the whole path; "~" is known only to shells' };
    return { value: path.resolve(base, found) };
  });
}

/** The address of a web page. */
export function webAddress() {
  return field<string>('an address such as https://lists.example.org/archive', (found) => {
    const shaped =
      typeof found === 'string' && /^https?:\/\/[^\s\p{Cc}<>"]+$/u.test(found) && URL.canParse(found);
    return shaped ? { value: found } : { fix: 'write it with https:// in front and without blanks' };
  });
}

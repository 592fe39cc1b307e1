/**
 * Mappings of the configuration: which keys they have, which they must have, and which go together.
 * Unlike an object schema of valibot this tells of every unknown key, not only of the first.
 */
import * as v from 'valibot';
import { field, schemaMessage } from './fields.ts';
import { nearest } from './nearest.ts';
import { type Objection, show } from './problem.ts';

/** True for what a YAML mapping becomes. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Tells of one key of a mapping; `part` says which side of the colon is meant. */
export type Report = (key: string, part: 'key' | 'value', objection: Objection) => void;

/**
 * A check over several keys. It runs even when some of them are wrong, so that all mistakes are told at once:
 * it must take `values` for what they are, unknown, and leave alone what is no valid value.
 * `sound` is true when each value has been understood and is what its schema made of it.
 */
export function together<T>(
  judge: (values: Readonly<Record<string, unknown>>, report: Report, sound: boolean) => void,
) {
  return v.rawCheck<T>(({ dataset, addIssue }) => {
    const values: unknown = dataset.value;
    if (!isMapping(values)) return;
    const report: Report = (key, origin, objection) => {
      const item = { type: 'unknown', origin, input: values, key, value: values[key] } as const;
      addIssue({ message: schemaMessage(objection), path: [item] });
    };
    judge(values, report, dataset.typed);
  });
}

/** What is wrong with a key that nobody asked for. */
function unknownKey(key: string, known: readonly string[]): Objection {
  const meant = nearest(key, known);
  return {
    message: `found the key ${show(key)}, wanted one of ${known.join(', ')}`,
    fix: meant === null ? 'remove it' : `write ${meant}`,
  };
}

/** A mapping of any kind, before what is in it is looked at. */
export function mapping() {
  return field<Readonly<Record<string, unknown>>>(
    'a mapping, "key: value" on lines of their own',
    (found) => {
      return isMapping(found)
        ? { value: found }
        : { fix: 'write its keys below it, each indented by two blanks' };
    },
  );
}

/**
 * A mapping with exactly these keys. `examples` has, for each key that must be there, a value to show to the
 * person who forgot it.
 */
export function section<const E extends v.ObjectEntries>(
  entries: E,
  examples: Readonly<Record<string, string>> = {},
) {
  const known = Object.keys(entries);
  return v.pipe(
    mapping(),
    v.looseObject(entries, (issue) => {
      const missing = issue.path?.at(-1)?.key;
      const key = typeof missing === 'string' ? missing : '';
      return schemaMessage({
        message: `found no key ${show(key)}, which must be there`,
        fix: `add ${key}: ${examples[key] ?? '…'}`,
      });
    }),
    together((values, report) => {
      for (const key of Object.keys(values)) {
        if (!Object.hasOwn(entries, key)) report(key, 'key', unknownKey(key, known));
      }
    }),
  );
}

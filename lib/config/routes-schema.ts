/** The section `routes`: other transports for some domains. */
import * as v from 'valibot';
import { parseDomain } from './address.ts';
import { schemaMessage } from './fields.ts';
import { type Objection, show } from './problem.ts';
import { mapping, together } from './section.ts';
import { type TransportDraft, transportSchema } from './transport-schema.ts';

/** The key in lower case and ASCII, with its dot in front when it has one; `null` when it is no domain. */
function parseKey(text: string): string | null {
  const dot = text.startsWith('.') ? '.' : '';
  const domain = parseDomain(text.slice(dot.length));
  return domain === null ? null : `${dot}${domain}`;
}

/** What is wrong with a key that {@link parseKey} does not take. */
function keyMistake(text: string): Objection {
  const rest = parseKey(text.slice(text.lastIndexOf('@') + 1).replace(/^\*(?=\.)/, ''));
  return {
    message: `found the key ${show(text)}, wanted a domain such as example.org, or .example.org for all below it`,
    fix: rest === null || rest === text ? 'write letters, digits, "-" and dots' : `write ${rest}`,
  };
}

/** A domain in the place of a key, as it is written. */
function domainKey() {
  return v.pipe(
    v.string(),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed || parseKey(dataset.value) !== null) return;
      addIssue({ message: schemaMessage(keyMistake(dataset.value)) });
    }),
  );
}

/** The schema of `routes`; relative paths count from `base`. The value's keys are in lower case and ASCII. */
export function routesSchema(base: string) {
  return v.pipe(
    mapping(),
    v.record(domainKey(), transportSchema(base)),
    together((values, report) => {
      const first = new Map<string, string>();
      for (const written of Object.keys(values)) {
        const key = parseKey(written);
        if (key === null) continue;
        const before = first.get(key);
        if (before === undefined) first.set(key, written);
        else {
          report(written, 'key', {
            message: `found the key ${show(written)}, the same domain as ${show(before)}`,
            fix: 'keep one of the two and remove the other',
          });
        }
      }
    }),
    v.transform((routes): Record<string, TransportDraft> => {
      return Object.fromEntries(Object.entries(routes).map(([key, route]) => [parseKey(key) ?? key, route]));
    }),
  );
}

/** The messages of test/bounce/corpus, made for these tests, with what must be read from each. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BounceContext } from '../../lib/bounce/bounce-message.ts';
import type { BounceClass } from '../../lib/bounce/reading.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = join(root, 'test/bounce/corpus');

/** What must be read; `says` is a part of the diagnostic, or null when there must be none. */
export type Expected = BounceContext & {
  readonly kind: string;
  readonly detector?: string;
  readonly recipients?: readonly {
    readonly address: string;
    readonly status: string | null;
    readonly class: BounceClass;
    readonly says: string | null;
  }[];
  readonly addresses?: readonly string[];
  readonly feedbackType?: string;
};

/** A message, the name of its file, and what must be read from it. */
export type Sample = { readonly name: string; readonly bytes: Buffer; readonly expected: Expected };

/** All messages, by name. @throws when a message has no expectation, or the other way round */
export function readCorpus(): Sample[] {
  const expected = JSON.parse(readFileSync(join(root, 'test/bounce/expected.json'), 'utf8')) as Record<
    string,
    Expected
  >;
  const names = readdirSync(folder).map((file) => file.replace(/\.eml$/, ''));
  const lone = [...names, ...Object.keys(expected)].filter(
    (name) => !names.includes(name) || expected[name] === undefined,
  );
  if (lone.length > 0) throw new Error(`without message or expectation: ${lone.join(', ')}`);
  return names.sort().flatMap((name) => {
    const reading = expected[name];
    return reading === undefined
      ? []
      : [{ name, bytes: readFileSync(join(folder, `${name}.eml`)), expected: reading }];
  });
}

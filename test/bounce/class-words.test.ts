import t from 'tap';
import { CLASS_RULES } from '../../lib/bounce/class-rules.ts';
import { CLASS_WORDS } from '../../lib/bounce/class-words.ts';
import { read, sectionOf, tablesOf } from '../docs/source.ts';

await t.test('the words are those of BOUNCES', async (t) => {
  t.same(
    tablesOf(sectionOf(read('docs/BOUNCES.md'), 'How much it counts'))[2],
    Object.entries(CLASS_WORDS).map(([name, phrases]) => [name, phrases.join(', ')]),
  );
});

await t.test('phrases can be found', async (t) => {
  for (const phrases of Object.values(CLASS_WORDS)) {
    for (const phrase of phrases) {
      t.equal(phrase, phrase.toLowerCase().replace(/\s+/g, ' ').trim());
      t.equal(phrases.filter((other: string) => other === phrase).length, 1, phrase);
      t.notMatch(phrase, /[’@]|\|/);
    }
  }
});

await t.test('every list of words is used', async (t) => {
  for (const name of Object.keys(CLASS_WORDS))
    t.ok(
      CLASS_RULES.some(({ words }) => words === name),
      name,
    );
});

import t from 'tap';
import { CLASS_RULES, CLASS_WORDS } from '../../lib/bounce/class-rules.ts';
import { read, sectionOf, tablesOf } from '../docs/source.ts';

const section = sectionOf(read('docs/BOUNCES.md'), 'How much it counts');

await t.test('the rules are those of BOUNCES', async (t) => {
  const any = (values: readonly string[] | undefined) => (values === undefined ? '' : values.join(', '));
  t.same(
    tablesOf(section)[0],
    CLASS_RULES.map((rule) => [rule.class, any(rule.status), any(rule.reply), rule.words ?? '']),
  );
});

await t.test('so are the words', async (t) => {
  t.same(
    tablesOf(section)[1],
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

await t.test('every list of words is used, and no rule is empty', async (t) => {
  for (const name of Object.keys(CLASS_WORDS))
    t.ok(
      CLASS_RULES.some(({ words }) => words === name),
      name,
    );
  for (const { status, reply, words } of CLASS_RULES) t.ok(status ?? reply ?? words);
});

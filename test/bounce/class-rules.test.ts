import t from 'tap';
import { CLASS_RULES } from '../../lib/bounce/class-rules.ts';
import { read, sectionOf, tablesOf } from '../docs/source.ts';

/** A cell of the table. */
const any = (values: readonly string[] | undefined) => (values === undefined ? '' : values.join(', '));

await t.test('the rules are those of BOUNCES', async (t) => {
  t.same(
    tablesOf(sectionOf(read('docs/BOUNCES.md'), 'How much it counts'))[1],
    CLASS_RULES.map((rule) => [rule.class, any(rule.status), any(rule.reply), rule.words ?? '']),
  );
});

await t.test('no rule is empty, and patterns are statuses and codes', async (t) => {
  for (const { status = [], reply = [], words } of CLASS_RULES) {
    t.ok(status.length + reply.length > 0 || words !== undefined);
    for (const pattern of status) t.match(pattern, /^(?:none|[45x]\.[0-7]\.(?:x|\d+))$|^4\.x\.x$/, pattern);
    for (const pattern of reply) t.match(pattern, /^(?:none|[45](?:xx|\d\d))$/, pattern);
  }
});

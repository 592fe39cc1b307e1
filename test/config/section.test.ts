import t from 'tap';
import * as v from 'valibot';
import { flag, text } from '../../lib/config/fields.ts';
import { isMapping, mapping, section, together } from '../../lib/config/section.ts';
import { judged } from './mistakes.ts';

const schema = section({ user: text(), open: v.optional(flag(), true) }, { user: 'NAME' });

await t.test('what a mapping is', async (t) => {
  t.ok(isMapping({}));
  for (const other of [null, undefined, [], 'x', 5]) t.notOk(isMapping(other));
  t.match(judged(mapping(), 'x'), [/found "x", wanted a mapping/]);
});

await t.test('defaults are filled in', async (t) => {
  t.same(judged(schema, { user: 'ada' }), { user: 'ada', open: true });
});

await t.test('every mistake at once', async (t) => {
  t.same(judged(schema, { opne: true, open: 'no', colour: 1 }), [
    'user: found no key "user", which must be there | add user: NAME',
    'open: found "no", wanted true or false | write false',
    'opne: found the key "opne", wanted one of user, open | write open',
    'colour: found the key "colour", wanted one of user, open | remove it',
  ]);
});

await t.test('what is no mapping', async (t) => {
  for (const wrong of ['ada', 5, ['ada'], null]) t.match(judged(schema, wrong), [/wanted a mapping/]);
});

await t.test('checks over several keys run beside other mistakes', async (t) => {
  const both = v.pipe(
    schema,
    together((values, report) => {
      if (values.user === 'root') report('open', 'value', { message: 'not for root', fix: 'remove it' });
    }),
  );
  t.same(judged(both, { user: 'root', x: 1 }), [
    'x: found the key "x", wanted one of user, open | remove it',
    'open: not for root | remove it',
  ]);
});

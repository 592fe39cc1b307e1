import t from 'tap';
import { collect } from '../../lib/cli/collect.ts';

await t.test('values in their order', async (t) => {
  t.same(collect('a', undefined), ['a']);
  t.same(collect('b', ['a']), ['a', 'b']);
});

import path from 'node:path';
import t from 'tap';
import { DEFAULT_SPOOL, DEFAULT_STATE, POSTING_ACTIONS } from '../../lib/config/site.ts';

await t.test('the defaults lie below /var, apart from each other', async (t) => {
  for (const directory of [DEFAULT_SPOOL, DEFAULT_STATE]) t.match(directory, /^\/var\/(spool|lib)\/qrunner$/);
  t.match(path.relative(DEFAULT_STATE, DEFAULT_SPOOL), /^\.\./);
});

await t.test('what may be done with a post', async (t) => {
  t.same(POSTING_ACTIONS, ['accept', 'hold', 'reject', 'discard']);
});

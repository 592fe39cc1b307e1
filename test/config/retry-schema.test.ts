import t from 'tap';
import { retrySchema } from '../../lib/config/retry-schema.ts';
import { judged } from './mistakes.ts';

const HOUR = 3_600_000;
const inherited = { firstMs: HOUR, maxMs: 2 * HOUR, giveUpMs: 48 * HOUR, warnMs: 24 * HOUR };
const site = (data: object) => judged(retrySchema(null), data);
const list = (data: object) => judged(retrySchema(inherited), data);

await t.test('the site', async (t) => {
  t.same(site({}), { firstMs: 300_000, maxMs: 4 * HOUR, giveUpMs: 120 * HOUR, warnMs: null });
  t.match(site({ warn: '4h' }), { warnMs: 4 * HOUR });
  t.match(site({ warn: 'never' }), { warnMs: null });
});

await t.test('a list', async (t) => {
  t.same(list({}), inherited);
  t.same(list({ max: '3h', warn: '1h' }), { ...inherited, maxMs: 3 * HOUR, warnMs: HOUR });
  t.same(list({ warn: 'never' }), { ...inherited, warnMs: null });
});

await t.test('delays in the wrong order', async (t) => {
  t.match(site({ first: '2h', max: '1h', give_up: '30m' }), [
    /^max: found 1h, wanted at least the first delay, 2h \| write 2h or more, or a smaller first/,
    /^give_up: found 30m, wanted at least/,
  ]);
  t.match(site({ warn: '5d' }), [/^warn: found 5d, wanted less than give_up, 5d/]);
  t.match(
    list({ give_up: '12h' }),
    [/^give_up: found 1d, wanted less than give_up, 12h/],
    'an inherited warn',
  );
  t.match(
    list({ first: '3h' }),
    [/^first: found 2h, wanted at least the first delay, 3h/],
    'an inherited max',
  );
});

await t.test('wrong values are told once, and not compared', async (t) => {
  t.same(site({ first: 7, warn: 'soon' }), [
    'first: found 7, wanted a duration such as 90s, 5m, 4h or 5d | write the unit behind the number: 7s, 7m, 7h or 7d',
    'warn: found "soon", wanted a duration such as 90s, 5m, 4h or 5d | write numbers and units without blanks; units are ms, s, m (minutes), h, d and w',
  ]);
});

import t from 'tap';
import { checkRow, integerOf, textOf, wordOf } from '../../lib/state/row.ts';

await t.test('rows hold text, numbers and nulls', async (t) => {
  t.strictSame(checkRow({ a: 'x', b: 1, c: null }), { a: 'x', b: 1, c: null });
  t.throws(() => checkRow({ a: 12n }), { message: 'column a: found bigint' });
  t.throws(() => checkRow({ a: Buffer.from('x') }), { message: 'column a: found object' });
  t.throws(() => checkRow(undefined), { message: 'found undefined' });
  t.throws(() => checkRow(null));
});

await t.test('columns are read as what they must be', async (t) => {
  const row = { word: 'join', count: 3, part: 0.5, none: null };
  t.equal(textOf(row, 'word'), 'join');
  t.throws(() => textOf(row, 'count'), { message: 'column count: found 3, wanted text' });
  t.throws(() => textOf(row, 'nowhere'), { message: 'column nowhere: found nothing, wanted text' });
  t.equal(integerOf(row, 'count'), 3);
  t.throws(() => integerOf(row, 'part'), { message: 'found 0.5, wanted a whole number' });
  t.throws(() => integerOf(row, 'word'));
  t.throws(() => integerOf(row, 'none'));
  t.equal(wordOf(row, 'word', ['join', 'leave']), 'join');
  t.throws(() => wordOf(row, 'word', ['leave']), { message: 'found "join", wanted one of leave' });
  t.throws(() => wordOf(row, 'none', ['leave']));
});

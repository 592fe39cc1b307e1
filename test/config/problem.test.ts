import t from 'tap';
import { byPosition, fileProblem, type Problem, show } from '../../lib/config/problem.ts';

/** A problem at a place. */
const at = (line: number, column: number): Problem => ({
  ...fileProblem('f.yaml', { message: 'm', fix: 'f' }),
  line,
  column,
});

await t.test('values are shown so that they can be told apart', async (t) => {
  t.equal(show('a "b"\n'), '"a \\"b\\"\\n"');
  t.equal(show('5'), '"5"');
  t.equal(show(5), '5');
  t.equal(show(false), 'false');
  t.equal(show(null), 'nothing');
  t.equal(show([1]), 'a sequence');
  t.equal(show({ a: 1 }), 'a mapping');
  t.equal(show('x'.repeat(300)).length, 202, '200 characters in quotes');
});

await t.test('problems of a file come from the top down', async (t) => {
  const sorted = [at(3, 1), at(1, 9), at(1, 2), at(12, 1)].sort(byPosition);
  t.same(
    sorted.map(({ line, column }) => [line, column]),
    [
      [1, 2],
      [1, 9],
      [3, 1],
      [12, 1],
    ],
  );
});

import t from 'tap';
import { readSeal, seal } from '../../lib/units/marker.ts';

const text = seal('lists-2', '# advice', '[Unit]\n');

await t.test('a file of ours', async (t) => {
  t.match(text, /^# Made by "qrunner units" for lists-2, [0-9a-f]{16}\n# advice\n\n\[Unit\]\n$/);
  t.same(readSeal(text), { name: 'lists-2', whole: true });
});

await t.test('any change shows', async (t) => {
  for (const changed of [
    `${text}\n`,
    text.replace('advice', 'advise'),
    text.replace(/, [0-9a-f]/, ', x').replace('x', '0'),
  ])
    t.equal(readSeal(changed)?.whole ?? false, changed === text);
});

await t.test('no file of ours', async (t) => {
  for (const other of [
    '',
    '[Unit]\n',
    `\n${text}`,
    '# Made by "qrunner units" for x, 12\n',
    text.slice(0, 20),
  ])
    t.equal(readSeal(other), null, JSON.stringify(other.slice(0, 30)));
});

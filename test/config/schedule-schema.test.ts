import t from 'tap';
import { parseSpan, schedule } from '../../lib/config/schedule-schema.ts';
import { judged } from './mistakes.ts';

const EVERY = [0, 1, 2, 3, 4, 5, 6];

await t.test('times', async (t) => {
  t.same(parseSpan('22:00-06:00'), { days: EVERY, from: 1_320, to: 360 });
  t.same(parseSpan('00:00-24:00'), { days: EVERY, from: 0, to: 1_440 });
  t.same(parseSpan('20:00-00:00'), { days: EVERY, from: 1_200, to: 1_440 }, 'midnight is the end of the day');
  t.same(parseSpan(' 8:30 - 9:05 '), { days: EVERY, from: 510, to: 545 });
});

await t.test('days', async (t) => {
  t.same(parseSpan('mon-fri 18:00-19:00')?.days, [1, 2, 3, 4, 5]);
  t.same(parseSpan('sat-sun 18:00-19:00')?.days, [0, 6]);
  t.same(parseSpan('Fri-Mon 18:00-19:00')?.days, [0, 1, 5, 6], 'over the end of the week');
  t.same(parseSpan('mon,wed,fri-sat 18:00-19:00')?.days, [1, 3, 5, 6]);
  t.same(parseSpan('tue  18:00-19:00')?.days, [2]);
});

await t.test('what is none', async (t) => {
  for (const text of [
    '',
    '22:00',
    '22-06',
    '22:00-22:00',
    '24:00-06:00',
    '22:60-23:00',
    '24:01-25:00',
    '00:00-24:30',
    'monday 08:00-09:00',
    'mon- 08:00-09:00',
    'mon-tue-wed 08:00-09:00',
    'mon 08:00-09:00-10:00',
    'mon tue 08:00-09:00',
  ])
    t.equal(parseSpan(text), null, text);
});

await t.test('the key', async (t) => {
  t.match(judged(schedule(), ['22:00-06:00', 'sun 00:00-24:00']), [{ from: 1_320 }, { days: [0] }]);
  t.match(judged(schedule(), '22:00-06:00'), [/\| write \["22:00-06:00"\]$/]);
  t.match(judged(schedule(), []), [/\| write \["22:00-06:00"\], or remove the line$/]);
  t.match(judged(schedule(), ['22:00-06:00', 'noon', 5]), [
    /^1: found "noon", wanted a time such as .* \| write DAYS HH:MM-HH:MM in quotes/,
    /^2: found 5, wanted a time/,
  ]);
});

import t from 'tap';
import { formatDuration, parseDuration } from '../../lib/base/duration.ts';

await t.test('units and their sums', async (t) => {
  const table: Readonly<Record<string, number>> = {
    '0': 0,
    '0s': 0,
    '250ms': 250,
    '90s': 90_000,
    '15m': 900_000,
    '1h30m': 5_400_000,
    '5d': 432_000_000,
    '2w': 1_209_600_000,
    '1m500ms': 60_500,
  };
  for (const [text, ms] of Object.entries(table)) t.equal(parseDuration(text), ms, text);
});

await t.test('what is no duration', async (t) => {
  for (const text of [
    '',
    '5',
    '5 m',
    'm',
    '-5m',
    '1.5h',
    '5M',
    '5min',
    '5m ',
    ' 5m',
    '5m,3s',
    '00',
    '1e3s',
  ]) {
    t.equal(parseDuration(text), null, JSON.stringify(text));
  }
  t.equal(parseDuration('99999999999999999w'), null, 'more than a number can count');
});

await t.test('for people: the two largest units', async (t) => {
  t.equal(formatDuration(0), '0s');
  t.equal(formatDuration(999), '0s');
  t.equal(formatDuration(-5), '0s');
  t.equal(formatDuration(40_000), '40s');
  t.equal(formatDuration(7_500_000), '2h 5m');
  t.equal(formatDuration(7_501_000), '2h 5m', 'seconds are dropped beside hours');
  t.equal(formatDuration(3_601_000), '1h', 'a unit is never skipped');
  t.equal(formatDuration(273_600_000), '3d 4h');
});

await t.test('what is written can be read, but for the blank', async (t) => {
  for (const text of ['40s', '2h5m', '3d4h', '5d']) {
    t.equal(formatDuration(parseDuration(text) ?? 0).replaceAll(' ', ''), text);
  }
});

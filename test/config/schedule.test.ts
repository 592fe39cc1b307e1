import { spawnSync } from 'node:child_process';
import t, { type Test } from 'tap';
import { nextOpening } from '../../lib/config/schedule.ts';

const files = ['schedule', 'schedule-schema'].map((name) => {
  return JSON.stringify(new URL(`../../lib/config/${name}.js`, import.meta.url).href);
});

/**
 * Puts questions to a process that lives in another time zone. `expected`: for each moment the one at which the schedule
 * is open next, or `open`.
 */
function check(
  t: Test,
  zone: string,
  spans: readonly string[],
  expected: Readonly<Record<string, string>>,
): void {
  const program = `
    const [{ nextOpening }, { parseSpan }] = await Promise.all([${files.map((file) => `import(${file})`).join()}]);
    const schedule = ${JSON.stringify(spans)}.map((text) => parseSpan(text));
    for (const now of ${JSON.stringify(Object.keys(expected))})
      console.log(new Date(nextOpening(schedule, Date.parse(now))).toISOString());
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    env: { ...process.env, TZ: zone },
  });
  const wanted = Object.entries(expected).map(([now, next]) => {
    return new Date(next === 'open' ? now : next).toISOString();
  });
  t.same(
    [...stdout.trim().split('\n'), ...(stderr === '' ? [] : [stderr])],
    wanted,
    `${zone}: ${spans.join()}`,
  );
}

await t.test('always, without a schedule', async (t) => {
  t.equal(nextOpening(null, 123_456), 123_456);
});

await t.test('over midnight, wherever it is', async (t) => {
  for (const [zone, offset] of [
    ['Asia/Kathmandu', '+05:45'],
    ['America/St_Johns', '-02:30'],
    ['Pacific/Kiritimati', '+14:00'],
    ['UTC', 'Z'],
  ] as const) {
    check(t, zone, ['22:00-06:00'], {
      [`2026-07-01T21:59:59.999${offset}`]: `2026-07-01T22:00${offset}`,
      [`2026-07-01T22:00:00${offset}`]: 'open',
      [`2026-07-02T00:00:00${offset}`]: 'open',
      [`2026-07-02T05:59:59.999${offset}`]: 'open',
      [`2026-07-02T06:00:00${offset}`]: `2026-07-02T22:00${offset}`,
    });
  }
});

await t.test('days', async (t) => {
  // 3 July 2026 is a Friday.
  check(t, 'Europe/Berlin', ['fri 22:00-02:00'], {
    '2026-07-03T21:00+02:00': '2026-07-03T22:00+02:00',
    '2026-07-04T01:59+02:00': 'open',
    '2026-07-04T02:00+02:00': '2026-07-10T22:00+02:00',
    '2026-07-03T00:30+02:00': '2026-07-03T22:00+02:00',
  });
  check(t, 'Europe/Berlin', ['mon-fri 18:00-19:00', 'sat-sun 00:00-24:00'], {
    '2026-07-03T19:00+02:00': '2026-07-04T00:00+02:00',
    '2026-07-05T23:59+02:00': 'open',
    '2026-07-06T00:00+02:00': '2026-07-06T18:00+02:00',
  });
  check(t, 'Europe/Berlin', ['fri 09:00-10:00'], {
    '2026-07-03T10:00+02:00': '2026-07-10T09:00+02:00',
    '2026-07-03T09:59+02:00': 'open',
  });
  check(t, 'Europe/Berlin', ['12:00-14:00', '13:00-15:00', '09:00-10:00'], {
    '2026-07-03T14:30+02:00': 'open',
    '2026-07-03T11:00+02:00': '2026-07-03T12:00+02:00',
    '2026-07-03T15:00+02:00': '2026-07-04T09:00+02:00',
  });
});

await t.test('clocks put forward', async (t) => {
  check(t, 'Europe/Berlin', ['22:00-06:00'], {
    '2026-03-28T21:00+01:00': '2026-03-28T22:00+01:00',
    '2026-03-29T05:59+02:00': 'open',
    '2026-03-29T06:00+02:00': '2026-03-29T22:00+02:00',
  });
  check(t, 'Europe/Berlin', ['02:30-05:00'], {
    '2026-03-29T01:59+01:00': '2026-03-29T03:30+02:00',
    '2026-03-29T04:59+02:00': 'open',
    '2026-03-29T05:00+02:00': '2026-03-30T02:30+02:00',
  });
  check(t, 'Europe/Berlin', ['02:00-03:00'], { '2026-03-29T00:00+01:00': '2026-03-30T02:00+02:00' });
  // In Cairo the day has no midnight then.
  check(t, 'Africa/Cairo', ['fri 00:00-24:00'], {
    '2026-04-23T23:59+02:00': '2026-04-24T01:00+03:00',
    '2026-04-24T23:59+03:00': 'open',
    '2026-04-25T00:00+03:00': '2026-05-01T00:00+03:00',
  });
});

await t.test('clocks put back', async (t) => {
  check(t, 'America/New_York', ['01:30-02:30'], {
    '2026-11-01T01:00-04:00': '2026-11-01T01:30-04:00',
    '2026-11-01T01:29-05:00': 'open',
    '2026-11-01T02:29-05:00': 'open',
    '2026-11-01T02:30-05:00': '2026-11-02T01:30-05:00',
  });
  check(t, 'America/New_York', ['00:00-01:30'], {
    '2026-11-01T01:29-04:00': 'open',
    '2026-11-01T01:00-05:00': '2026-11-02T00:00-05:00',
  });
});

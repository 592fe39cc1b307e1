import t from 'tap';
import { listBouncesSchema, siteBouncesSchema } from '../../lib/config/bounce-schema.ts';
import { type BounceSettings, DEFAULT_BOUNCES } from '../../lib/config/bounce-settings.ts';
import { judged } from './mistakes.ts';

const DAY = 86_400_000;
const site = (data: object) => judged<BounceSettings>(siteBouncesSchema(), data);
const list = (data: object, above = DEFAULT_BOUNCES) =>
  judged<BounceSettings>(listBouncesSchema(above), data);

const EVERYTHING = {
  action: 'notify',
  threshold: 2,
  weights: { hard: 2, soft: 0.25, policy: 0.1, full: 0, unknown: 3 },
  forget: '30d',
  forget_posts: 3,
  probe: 'first-hard',
  probe_life: '10d',
  warnings: 1,
  warn_every: '3d',
  remove: false,
  complaints: 'unsubscribe',
  unrecognised: 'discard',
  alarm_share: '50%',
  alarm_members: 20,
};

const SET: BounceSettings = {
  action: 'notify',
  threshold: 2,
  weights: { hard: 2, soft: 0.25, policy: 0.1, full: 0, unknown: 3 },
  forgetMs: 30 * DAY,
  forgetPosts: 3,
  probe: 'first-hard',
  probeLifeMs: 10 * DAY,
  warnings: 1,
  warnEveryMs: 3 * DAY,
  remove: false,
  complaints: 'unsubscribe',
  unrecognised: 'discard',
  alarmShare: 50,
  alarmMembers: 20,
};

await t.test('nothing said: the defaults', async (t) => {
  t.strictSame(site({}), DEFAULT_BOUNCES);
  t.strictSame(list({}), DEFAULT_BOUNCES);
});

await t.test('what is said is taken', async (t) => {
  t.strictSame(site(EVERYTHING), SET);
  t.strictSame(list(EVERYTHING), SET, 'also by a list');
});

await t.test('a list changes the site’s rules key by key', async (t) => {
  t.strictSame(list({}, SET), SET);
  t.strictSame(list({ probe: 'never', weights: { soft: 1 } }, SET), {
    ...SET,
    probe: 'never',
    weights: { ...SET.weights, soft: 1 },
  });
});

await t.test('mistakes', async (t) => {
  for (const judge of [site, list]) {
    t.match(judge({ weights: { hard: 11, soft: '0.5', policy: 0.333 } }), [
      /^weights\.hard: found 11, wanted a number from 0 to 10 such as 0.5 \| write a number from 0 to 10/,
      /^weights\.soft: .*\| write it without quotes: 0.5/,
      /^weights\.policy: .*\| write 0.33/,
    ]);
    t.match(judge({ alarm_share: 30 }), [/^alarm_share: found 30, wanted a share such as 30% \| .*: 30%/]);
    for (const wrong of ['0%', '101%', '1.5%', 'half'])
      t.match(
        judge({ alarm_share: wrong }),
        [/^alarm_share: .*\| write a whole number from 1 to 100/],
        wrong,
      );
    t.match(judge({ probe: 'first' }), [/^probe: found "first", wanted one of never, threshold, first-hard/]);
    t.match(judge({ complaints: 'unsubscribed', actoin: 'disable' }), [
      /^complaints: .*\| write unsubscribe/,
      /^actoin: found the key "actoin".*\| write action/,
    ]);
    t.match(judge({ weights: { herd: 1 } }), [/^weights\.herd: found the key "herd".*\| write hard/]);
  }
});

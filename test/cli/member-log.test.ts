import t from 'tap';
import { siteRig } from '../support/site-rig.ts';

const ANN = 'ann@example.org';

await t.test('what happened, also after he is gone', async (t) => {
  const site = await siteRig(t, { members: [ANN] });
  await site.inject('Subject: no \x1b[31m\n\n', '--to', 'bounces', '-x', 'ann=example.org', '-f', '');
  await site.run();
  await site.call(['member', 'set', 'friends', ANN, '--delivery', 'disabled']);
  await site.call(['member', 'rm', 'friends', ANN]);
  const { status, out } = await site.call(['member', 'log', 'friends', 'ANN@example.org']);
  t.equal(status, 0);
  const time = '\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z';
  for (const [index, line] of [
    'joined    on the command line',
    'bounce    unknown 5\\.0\\.0 no .*',
    'counted   1, the score is 1 of 5',
    'disabled  on the command line',
    'left      on the command line',
  ].entries())
    t.match(out.split('\n')[index], new RegExp(`^${time}  ${line}$`));
  t.notMatch(out, '\x1b', 'a terminal is safe');
  const lines = (await site.call(['--json', 'member', 'log', 'friends', ANN])).out.trim().split('\n');
  t.match(JSON.parse(lines[0] ?? ''), { at: Number, event: 'joined', detail: 'on the command line' });
});

await t.test('of whom nothing is known', async (t) => {
  const site = await siteRig(t);
  const { status, err } = await site.call(['member', 'log', 'friends', 'x@example.org']);
  t.same([status, err], [67, 'qrunner: nothing is known of x@example.org on friends@example.org\n']);
});

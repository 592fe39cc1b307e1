import t from 'tap';
import type { Step } from '../../lib/list/judge-bounces.ts';
import { bounceNotices, canProbe, probeToken } from '../../lib/post/bounce-notices.ts';
import { listSettings } from '../support/settings.ts';

const TOKEN = 'abcdefghijklmnopqrstuvwxyz234567';
const PROBE = TOKEN.slice(0, 16);
const diagnostic = '550 no';
const warning = { token: TOKEN, number: 1, of: 3, nextAt: 0 };

await t.test('members get theirs, the owners one of each kind', async (t) => {
  const steps: Step[] = [
    { kind: 'probe', address: 'a@x.example', token: PROBE, diagnostic },
    { kind: 'stopped', address: 'b@x.example', probed: true, diagnostic, warning },
    { kind: 'stopped', address: 'c@x.example', probed: false, diagnostic, warning: null },
    { kind: 'warned', address: 'd@x.example', diagnostic, warning },
    { kind: 'removed', address: 'e@x.example', diagnostic },
    { kind: 'told', address: 'f@x.example', diagnostic },
    { kind: 'passed', address: 'g@x.example' },
    { kind: 'forgotten', address: 'h@x.example' },
  ];
  const notices = bounceNotices(listSettings(), steps);
  t.match(notices, [
    { tag: 'probe0', to: ['a@x.example'], sender: `friends-bounces+probe-${PROBE}@example.org` },
    { tag: 'warning1', to: ['b@x.example'], from: `friends-confirm+${TOKEN}@example.org`, sender: undefined },
    { tag: 'warning3', to: ['d@x.example'] },
    { tag: 'stopped', to: ['olga@example.org'], text: /b@x\.example[\s\S]*c@x\.example/ },
    { tag: 'removed', to: ['olga@example.org'] },
    { tag: 'told', to: ['olga@example.org'] },
  ]);
  t.equal(new Set(notices.map(({ tag }) => tag)).size, notices.length, 'each has a tag of its own');
  t.same(bounceNotices(listSettings(), []), []);
});

await t.test('tokens in an address', async (t) => {
  t.equal(probeToken(`probe-${PROBE}`), PROBE);
  t.equal(probeToken(`PROBE-${PROBE.toUpperCase()}`), PROBE, 'mail servers change the case');
  for (const other of [
    null,
    '',
    PROBE,
    `probe-${TOKEN}`,
    'probe-x=example.org',
    `probe-${PROBE}=example.org`,
  ])
    t.equal(probeToken(other), null, String(other));
});

await t.test('names that leave room for a token', async (t) => {
  t.equal(canProbe(listSettings({ name: 'a'.repeat(33) })), true);
  t.equal(canProbe(listSettings({ name: 'a'.repeat(34) })), false);
});

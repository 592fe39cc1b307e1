import t from 'tap';
import { DEFAULT_BOUNCES } from '../../lib/config/bounce-settings.ts';
import { bounceHistory } from '../../lib/list/bounce-history.ts';
import { createPending } from '../../lib/list/pending.ts';
import { findMember } from '../../lib/list/roster.ts';
import { findStanding, keepStanding } from '../../lib/list/standing.ts';
import { verpExtension } from '../../lib/list/verp-token.ts';
import { openBouncesRunner } from '../../lib/runners/bounces.ts';
import type { EntryMeta } from '../../lib/spool/entry.ts';
import { siteSecret } from '../../lib/state/secret.ts';
import { contextOf, entryOf, messageOf, NOON, outputsOf, servicesOf } from '../support/runner-rig.ts';

const LIST = 'friends@example.org';
const ANN = 'ann@example.org';
const DAY = 86_400_000;
const VERP = { extension: 'ann=example.org' };

/** A report as mail servers write them. */
function report(...recipients: [address: string, action: string, status: string][]): string {
  const groups = recipients.map(
    ([address, action, status]) =>
      `Final-Recipient: rfc822; ${address}\nAction: ${action}\nStatus: ${status}\nDiagnostic-Code: smtp; 550 no\n`,
  );
  return [
    'From: MAILER-DAEMON@example.com\nSubject: Undelivered\nMIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary=b\n',
    '--b\nContent-Type: text/plain\n\nsorry\n',
    `--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n${groups.join('\n')}`,
    '--b--\n',
  ].join('\n');
}

type Rig = Awaited<ReturnType<typeof servicesOf>>;

/** Runs one message to -bounces; `day` days after noon. */
async function bounced(
  services: Rig,
  message: string,
  meta: Partial<EntryMeta> = {},
  { day = 0 }: { day?: number } = {},
) {
  const at = NOON + day * DAY;
  const entry = entryOf(
    message,
    { role: 'bounces', sender: '', ...meta },
    { id: `${at * 1000}-00112233445566778899`, receivedAt: at, queue: 'bounces' },
  );
  const runner = openBouncesRunner(services);
  const verdict = await runner.run(entry, contextOf());
  return { entry, verdict, note: verdict.kind === 'done' ? verdict.note : verdict.kind };
}

await t.test('an RFC 3464 report counts against its members', async (t) => {
  const services = await servicesOf(t, {}, [ANN]);
  const message = report(
    [ANN, 'failed', '5.1.1'],
    ['ben@example.org', 'failed', '5.2.2'],
    ['c@x.org', 'delayed', '4.4.1'],
  );
  const { verdict, note } = await bounced(services, message);
  t.same(outputsOf(verdict), []);
  t.equal(note, 'counted ann@example.org, not-a-member ben@example.org');
  const expected = { at: NOON, class: 'hard', status: '5.1.1', diagnostic: '550 no' };
  t.same(bounceHistory(services.db, LIST, ANN), [expected]);
});

await t.test('the VERP address says who, whatever the report says', async (t) => {
  const services = await servicesOf(t, {}, [ANN]);
  const message = report(['forwarded@elsewhere.example', 'failed', '5.1.1'], ['b@x.org', 'failed', '5.0.0']);
  t.equal((await bounced(services, message, VERP)).note, 'counted ann@example.org');
  const words = await bounced(services, 'Subject: Mail failed\n\nno user\n', VERP, { day: 1 });
  t.equal(words.note, 'counted ann@example.org', 'and when there is no report');
  t.match(bounceHistory(services.db, LIST, ANN)[0], { class: 'hard', diagnostic: 'Mail failed' });
  const unread = await bounced(services, 'Subject: ?\n\n', VERP, { day: 2 });
  t.equal(unread.note, 'counted ann@example.org', 'and when nobody can read it');
});

await t.test('what is nothing to count', async (t) => {
  const services = await servicesOf(t, {}, [ANN]);
  const cases: [string, string, Partial<EntryMeta>, string][] = [
    ['a delay', report([ANN, 'delayed', '4.4.1']), VERP, 'delayed: dsn'],
    ['a receipt', report([ANN, 'delivered', '2.0.0']), {}, 'receipt: dsn'],
    [
      'on holiday',
      'Auto-Submitted: auto-replied\n\naway\n',
      { ...VERP, sender: ANN },
      'auto-reply: auto-submitted',
    ],
  ];
  for (const [name, message, meta, expected] of cases) {
    const { verdict, note } = await bounced(services, message, meta);
    t.same(outputsOf(verdict), [], name);
    t.equal(note, expected, name);
  }
  t.same(bounceHistory(services.db, LIST, ANN), []);
});

await t.test('what is no bounce goes to the owners', async (t) => {
  const services = await servicesOf(t, {}, [ANN]);
  for (const meta of [
    { sender: 'eve@example.com' },
    { sender: '' },
    { sender: ANN, ...VERP },
    { sender: '', extension: 'nonsense' },
  ]) {
    const { entry, verdict } = await bounced(services, 'From: eve@example.com\nSubject: hello\n\nx\n', meta);
    const [out, ...more] = outputsOf(verdict);
    t.equal(more.length, 0);
    t.match(out, { queue: 'out', meta: { role: 'owner', sender: '', recipients: ['olga@example.org'] } });
    t.match(await messageOf(entry, out), /^From: eve.*\nSubject: hello\n[\s\S]*X-BeenThere: friends-owner@/);
  }
  t.same(bounceHistory(services.db, LIST, ANN), []);
});

/** A probe on its way to Ann. */
function probing({ db }: Rig): string {
  const score = { points: 5, day: 0, dayPoints: 0, hardDay: 0, lastAt: NOON - DAY };
  const standing = { key: ANN, score, phase: 'probing', phaseAt: NOON, warned: 0, warnedAt: 0 } as const;
  keepStanding(db, LIST, standing);
  return createPending(db, { kind: 'probe', list: LIST, address: ANN }, 7 * DAY, NOON);
}

await t.test('a probe that comes back', async (t) => {
  for (const [name, message] of [
    ['with a report, whomever that names', report(['forwarded@elsewhere.example', 'failed', '5.1.1'])],
    ['in words nobody can read', 'Subject: Mail failed\n\nno user\n'],
  ] as const) {
    const services = await servicesOf(t, {}, [ANN]);
    const token = probing(services);
    const meta = { extension: `Probe-${token.toUpperCase()}` };
    const first = await bounced(services, message, meta);
    t.equal(first.note, 'probe-bounced ann@example.org', name);
    t.same((await bounced(services, message, meta)).verdict, first.verdict, 'a repeat says the same');
    t.match(findStanding(services.db, LIST, ANN), { phase: 'failed' });
    t.equal((await bounced(services, message, meta, { day: 1 })).note, 'probe-over of nobody', 'used up');
  }
});

await t.test('a delay or an automatic reply leaves a probe on its way', async (t) => {
  const services = await servicesOf(t, {}, [ANN]);
  const extension = `probe-${probing(services)}`;
  await bounced(services, report([ANN, 'delayed', '4.4.1']), { extension });
  await bounced(services, 'Auto-Submitted: auto-replied\n\naway\n', { extension, sender: ANN });
  t.match(findStanding(services.db, LIST, ANN), { phase: 'probing' });
});

await t.test('a complaint: the VERP address says whose', async (t) => {
  const services = await servicesOf(t, {}, [ANN, 'ben@example.org']);
  const about = [
    'Content-Type: multipart/report; report-type=feedback-report; boundary=b',
    '',
    '--b',
    'Content-Type: message/feedback-report',
    '',
    'Feedback-Type: abuse',
    'Original-Rcpt-To: ben@example.org',
    '',
    '--b--',
    '',
  ].join('\n');
  t.equal((await bounced(services, about, VERP)).note, 'complaint: disabled ann@example.org');
  t.match(findMember(services.db, LIST, 'ben@example.org'), { delivery: 'enabled' });
  const { note } = await bounced(services, about, {}, { day: 1 });
  t.equal(note, 'complaint: disabled ben@example.org');
});

await t.test('the short form of a long address says who, too', async (t) => {
  const long = `${'a'.repeat(60)}@example.org`;
  const services = await servicesOf(t, {}, [long]);
  const extension = verpExtension(siteSecret(services.db, 'verp'), LIST, long);
  const message = report(['forwarded@elsewhere.example', 'failed', '5.1.1']);
  t.equal((await bounced(services, message, { extension })).note, `counted ${long}`);
  const foreign = await bounced(services, message, { extension: 'v-aaaaaaaaaaaaaaaa' }, { day: 1 });
  t.equal(foreign.note, 'not-a-member forwarded@elsewhere.example');
});

await t.test('an entry that came in on no address is an order', async (t) => {
  const services = await servicesOf(t, { list: { bounces: { ...DEFAULT_BOUNCES, threshold: 1 } } }, [ANN]);
  await bounced(services, report([ANN, 'failed', '5.1.1']));
  t.equal((await bounced(services, 'Subject: order\n\n', { role: null })).note, 'nothing to decide');
  const { verdict, note } = await bounced(services, 'Subject: order\n\n', { role: null }, { day: 1 });
  t.equal(note, 'probe ann@example.org');
  t.match(outputsOf(verdict), [{ queue: 'virgin', meta: { recipients: [ANN] } }]);
});

await t.test('the state is tidied at the end', async (t) => {
  const services = await servicesOf(t);
  createPending(services.db, { kind: 'join', list: LIST, address: ANN }, 1, 0);
  await openBouncesRunner(services).close?.();
  t.same(services.db.all('SELECT * FROM pending'), []);
});

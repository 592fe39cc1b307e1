import t from 'tap';
import { bounceHistory } from '../../lib/list/bounce-score.ts';
import { findMember } from '../../lib/list/roster.ts';
import { openBouncesRunner } from '../../lib/runners/bounces.ts';
import type { EntryMeta } from '../../lib/spool/entry.ts';
import { contextOf, entryOf, messageOf, NOON, outputsOf, servicesOf } from '../support/runner-rig.ts';
import { siteRig } from '../support/site-rig.ts';

const LIST = 'friends@example.org';
const ANN = 'ann@example.org';
const DAY = 86_400_000;

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

/** Runs one message to -bounces; `day` days after noon. */
async function bounced(
  services: Awaited<ReturnType<typeof servicesOf>>,
  message: string,
  meta: Partial<EntryMeta> = {},
  day = 0,
) {
  const at = NOON + day * DAY;
  const entry = entryOf(
    message,
    { role: 'bounces', sender: '', ...meta },
    { id: `${at * 1000}-00112233445566778899`, receivedAt: at, queue: 'bounces' },
  );
  const verdict = await openBouncesRunner(services).run(entry, contextOf());
  return { entry, verdict, note: verdict.kind === 'done' ? verdict.note : verdict.kind };
}

await t.test('an RFC 3464 report counts against its members', async (t) => {
  const services = await servicesOf(t, {}, [ANN]);
  const message = report(
    [ANN, 'failed', '5.1.1'],
    ['ben@example.org', 'failed', '5.1.2'],
    ['c@x.org', 'delayed', '4.4.1'],
  );
  const { verdict, note } = await bounced(services, message);
  t.same(outputsOf(verdict), []);
  t.equal(note, 'counted ann@example.org, not-a-member ben@example.org');
  t.match(bounceHistory(services.db, LIST, ANN), [{ at: NOON, status: '5.1.1', diagnostic: '550 no' }]);
});

await t.test('the VERP address says who, whatever the report says', async (t) => {
  const services = await servicesOf(t, {}, [ANN]);
  const message = report(['forwarded@elsewhere.example', 'failed', '5.1.1'], ['b@x.org', 'failed', '5.0.0']);
  const { note } = await bounced(services, message, { extension: 'ann=example.org' });
  t.equal(note, 'counted ann@example.org');
  const words = await bounced(
    services,
    'Subject: Mail failed\n\nno user\n',
    { extension: 'ann=example.org' },
    1,
  );
  t.equal(words.note, 'counted ann@example.org', 'and when there is no report');
  t.match(bounceHistory(services.db, LIST, ANN)[0], { status: '5.0.0', diagnostic: 'Mail failed' });
});

await t.test('what is nothing to count', async (t) => {
  const services = await servicesOf(t, {}, [ANN]);
  const verp = { extension: 'ann=example.org' };
  const cases: [string, string, Partial<EntryMeta>, string][] = [
    ['a delay', report([ANN, 'delayed', '4.4.1']), verp, 'delayed dsn'],
    ['a full mailbox', report([ANN, 'failed', '5.2.2']), verp, 'full ann@example.org'],
    ['refused for what it is', report([ANN, 'failed', '5.7.1']), {}, 'policy ann@example.org'],
    [
      'a complaint',
      `Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n\n--b--\n`,
      verp,
      'complaint arf',
    ],
    ['a receipt', report([ANN, 'delivered', '2.0.0']), {}, 'receipt dsn'],
    [
      'on holiday',
      'Auto-Submitted: auto-replied\n\naway\n',
      { ...verp, sender: ANN },
      'auto-reply auto-submitted',
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
    { sender: ANN, extension: 'ann=example.org' },
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

await t.test('at the threshold delivery stops, and the owners are told once', async (t) => {
  const services = await servicesOf(t, { site: { bounces: { threshold: 3, forgetMs: 14 * DAY } } }, [ANN]);
  const message = report([ANN, 'failed', '5.1.1']);
  t.equal((await bounced(services, message, {}, 0)).note, 'counted ann@example.org');
  t.equal((await bounced(services, message, {}, 0.1)).note, 'counted-today ann@example.org');
  t.equal((await bounced(services, message, {}, 1)).note, 'counted ann@example.org');
  const { entry, verdict, note } = await bounced(services, message, {}, 2);
  t.equal(note, 'stopped ann@example.org');
  t.equal(findMember(services.db, LIST, ANN)?.delivery, 'bouncing');
  const [notice, ...more] = outputsOf(verdict);
  t.equal(more.length, 0);
  t.match(notice, { queue: 'virgin', meta: { recipients: ['olga@example.org'], sender: '' } });
  const text = await messageOf(entry, notice);
  t.match(text, 'Subject: Delivery to ann@example.org was stopped');
  t.match(text.replace(/\s+/g, ' '), 'bounced on 3 days.');
  t.match(text, '550 no');
  const after = await bounced(services, message, {}, 3);
  t.equal(after.note, 'already-stopped ann@example.org');
  t.same(outputsOf(after.verdict), []);
});

await t.test('a repeat of the same entry counts once and gives the same notice', async (t) => {
  const services = await servicesOf(t, { site: { bounces: { threshold: 1, forgetMs: DAY } } }, [ANN]);
  const message = report([ANN, 'failed', '5.1.1']);
  const first = await bounced(services, message);
  const second = await bounced(services, message);
  t.equal(first.note, 'stopped ann@example.org');
  t.same(second.verdict, first.verdict);
  t.equal(bounceHistory(services.db, LIST, ANN).length, 1);
});

await t.test('as the operator sees it', async (t) => {
  const site = await siteRig(t, { members: [ANN, 'ben@example.org'], site: 'bounces: { threshold: 1 }\n' });
  await site.inject(report([ANN, 'failed', '5.1.1']), '--to', 'bounces', '-f', '');
  t.same(site.lies(), { 'bounces/new': 1 });
  await site.run();
  t.same(site.lies(), {});
  t.match(site.mail('olga@example.org'), [/Subject: Delivery to ann@example\.org was stopped/]);
  await site.inject('From: ben@example.org\n\nTea?\n');
  await site.run();
  t.equal(site.mail(ANN).length, 0);
  t.equal(site.mail('ben@example.org').length, 1);
});

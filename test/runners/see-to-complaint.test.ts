import t, { type Test } from 'tap';
import { type BounceSettings, DEFAULT_BOUNCES } from '../../lib/config/bounce-settings.ts';
import { memberLog } from '../../lib/list/member-log.ts';
import { findMember } from '../../lib/list/roster.ts';
import { seeToComplaint } from '../../lib/runners/see-to-complaint.ts';
import { entryOf, messageOf, NOON, outputsOf, servicesOf } from '../support/runner-rig.ts';
import { listSettings } from '../support/settings.ts';

const LIST = 'friends@example.org';
const ANN = 'ann@example.org';

async function rig(t: Test, complaints: BounceSettings['complaints']) {
  const services = await servicesOf(t, {}, [ANN]);
  const list = listSettings({ bounces: { ...DEFAULT_BOUNCES, complaints } });
  let count = 0;
  const complain = async (addresses: readonly string[], type = 'abuse', minutes = 0) => {
    const id = `${NOON * 1000}-${String(count++).padStart(20, '0')}`;
    const entry = entryOf('x: y\n\n', { role: 'bounces' }, { id, receivedAt: NOON + minutes * 60_000 });
    const verdict = await seeToComplaint(services, list, entry, addresses, type);
    const again = await seeToComplaint(services, list, entry, addresses, type);
    t.same(again, verdict, 'a repeat says the same');
    return { entry, note: verdict.kind === 'done' ? verdict.note : '', outputs: outputsOf(verdict) };
  };
  return { db: services.db, complain };
}

await t.test('what the list says is done, and the owners are told', async (t) => {
  for (const [setting, outcome, delivery, words] of [
    ['unsubscribe', 'unsubscribed', undefined, 'He was removed from the list.'],
    ['disable', 'disabled', 'disabled', 'Delivery to him was disabled'],
    ['notify', 'told', 'enabled', 'Nothing was done about it.'],
  ] as const) {
    const { db, complain } = await rig(t, setting);
    const { entry, note, outputs } = await complain([ANN]);
    t.equal(note, `complaint: ${outcome} ${ANN}`);
    t.match(outputs, [{ queue: 'virgin', meta: { sender: '', recipients: ['olga@example.org'] } }]);
    t.match((await messageOf(entry, outputs[0])).replace(/\s+/g, ' '), words);
    t.equal(findMember(db, LIST, ANN)?.delivery, delivery);
    t.equal(memberLog(db, LIST, ANN)[1]?.event, 'complaint');
    t.same((await complain([ANN])).outputs, [], 'once');
  }
});

await t.test('notify: again on another day', async (t) => {
  const { complain } = await rig(t, 'notify');
  t.equal((await complain([ANN])).outputs.length, 1);
  t.equal((await complain([ANN], 'abuse', 60)).outputs.length, 0);
  t.equal((await complain([ANN], 'abuse', 24 * 60)).outputs.length, 1);
});

await t.test('nothing is done', async (t) => {
  const ignoring = await rig(t, 'ignore');
  t.match(await ignoring.complain([ANN]), { note: `complaint: ignored ${ANN}`, outputs: [] });
  const { db, complain } = await rig(t, 'unsubscribe');
  t.match(await complain([ANN], 'not-spam'), { note: 'complaint: not spam', outputs: [] });
  t.match(await complain([]), { note: 'complaint: of nobody', outputs: [] });
  t.match(await complain(['x@example.com']), { note: 'complaint: not-a-member x@example.com', outputs: [] });
  const many = Array.from({ length: 10 }, (_, i) => `x${i}@example.com`);
  await complain([...many, ANN]);
  t.ok(findMember(db, LIST, ANN), 'a report with many addresses is not read to its end');
});

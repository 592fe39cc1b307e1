import t from 'tap';
import { openProgress } from '../../lib/runners/delivery-progress.ts';
import type { Outcome } from '../../lib/smtp/transport.ts';
import { openJournal } from '../../lib/spool/journal.ts';
import { spoolRig } from '../support/spool-rig.ts';

const ANN = 'ann@example.org';
const BEN = 'ben@example.org';
const EVE = 'eve@zoo.example';

function outcome(recipient: string, kind: Outcome['kind'] = 'delivered'): Outcome {
  const status = { delivered: '2.0.0', temporary: '4.2.1', permanent: '5.1.1' }[kind];
  return { recipient, kind, scope: 'recipient', status, reply: `a reply: ${kind}` };
}

await t.test('what is final is found by the next try, after a real journal', async (t) => {
  using rig = spoolRig(['out']);
  const { name } = await rig.putActive('out');
  const journal = openJournal(rig.spool, 'out', name.id);
  const progress = openProgress(journal);
  await progress.note([outcome(ANN), outcome(BEN, 'permanent')], false);
  await progress.note([outcome(EVE, 'temporary')], false);
  t.same([...progress.outcomes.keys()], [ANN, BEN, EVE]);
  t.equal(journal.records().length, 1, 'a failure for a time is nothing to be remembered');
  journal.close();

  const again = openJournal(rig.reopened(), 'out', name.id);
  const { outcomes } = openProgress(again);
  again.close();
  t.same([...outcomes.keys()], [ANN, BEN]);
  t.match(outcomes.get(ANN), { kind: 'delivered', reply: 'a reply: delivered' });
  t.same(outcomes.get(BEN), outcome(BEN, 'permanent'));
});

await t.test('the end of an entry is its own record', async (t) => {
  const records: unknown[] = [];
  const progress = openProgress({ records: () => [], append: async (record) => void records.push(record) });
  await progress.note([outcome(ANN)], true);
  t.same(records, []);
  t.equal(progress.outcomes.get(ANN)?.kind, 'delivered');
});

await t.test('room for those in hand, and for nobody else', async (t) => {
  const asked: number[] = [];
  const progress = openProgress({
    records: () => [],
    append: async () => {},
    reserve: (bytes) => void asked.push(bytes),
  });
  progress.prepare([ANN]);
  const one = asked.at(-1) ?? 0;
  t.ok(one >= 2 * ANN.length + 100);
  progress.prepare([ANN]);
  t.equal(asked.at(-1), one, 'he was given back and is taken again');
  progress.prepare([BEN]);
  t.equal(asked.at(-1), 2 * one);
  await progress.note([outcome(BEN), outcome(EVE, 'temporary')], false);
  progress.prepare([BEN]);
  t.equal(asked.at(-1), 2 * one, 'who was never in hand takes no room with him when he ends');
});

await t.test('room that is taken is enough for the longest record', async (t) => {
  using rig = spoolRig(['out']);
  const { name } = await rig.putActive('out');
  const journal = openJournal(rig.spool, 'out', name.id);
  const many = Array.from({ length: 100 }, (_, number) => `member-number-${number}@mail.example.org`);
  let asked = 0;
  const progress = openProgress({
    ...journal,
    reserve: (bytes) => {
      asked = bytes;
      journal.reserve(bytes);
    },
  });
  progress.prepare(many);
  const outcomes = many.map((recipient) => ({
    ...outcome(recipient, 'permanent'),
    reply: '550 5.1.1 The email account that you tried to reach does not exist',
  }));
  t.ok(Buffer.byteLength(JSON.stringify({ outcomes })) <= asked);
  await progress.note(outcomes, false);
  journal.close();
});

await t.test('records that are none of ours are passed over', async (t) => {
  const records = [
    null,
    5,
    'x',
    {},
    { outcomes: 1 },
    { outcomes: [null, { recipient: 1 }] },
    { delivered: [5] },
  ];
  t.equal(openProgress({ records: () => records, append: async () => {} }).outcomes.size, 0);
});

import t from 'tap';
import { MESSAGE_LIMIT, openBounceMessage } from '../../lib/bounce/bounce-message.ts';
import { readBounce } from '../../lib/bounce/read-bounce.ts';
import { failureReport } from '../../lib/runners/failure-report.ts';
import { entryOf, messageOf, servicesOf } from '../support/runner-rig.ts';

const FAILED = [
  { address: 'ann@example.org', status: '5.1.1', diagnostic: '550 5.1.1 no such user' },
  { address: 'ben@example.org', status: null, diagnostic: 'refused\r\nEvil: yes' },
];
const SENDER = { sender: 'friends-bounces@example.org' };

await t.test('a report that our own reader reads', async (t) => {
  const services = await servicesOf(t);
  const entry = entryOf('Subject: tea\nX-A: b\n\nsecret body\n', SENDER);
  const outputs = await failureReport(services, entry, FAILED);
  t.equal(outputs.length, 1);
  t.match(outputs, [
    { queue: 'bounces', meta: { list: 'friends@example.org', role: 'bounces', sender: '', extension: null } },
  ]);
  const text = await messageOf(entry, outputs[0]);
  const { reported } = await openBounceMessage(Buffer.from(text, 'latin1'), { sender: '', member: null });
  t.same(reported, [
    { address: 'ann@example.org', action: 'failed', status: '5.1.1', diagnostic: '550 5.1.1 no such user' },
    { address: 'ben@example.org', action: 'failed', status: '5.0.0', diagnostic: 'refused Evil: yes' },
  ]);
  t.match(text, 'X-A: b');
  t.notMatch(text, 'secret body');
  t.notMatch(text, /^Evil:/m);
  t.same(await failureReport(services, entry, FAILED), outputs, 'the same at every repeat');
});

await t.test('as if it had come to the reverse-path of the mail', async (t) => {
  const services = await servicesOf(t);
  const probe = { sender: 'friends-bounces+probe-abcdefghijklmnop@example.org', role: null };
  const entry = entryOf('Subject: tea\n\n', probe);
  const [output] = await failureReport(services, entry, FAILED);
  t.match(output, { queue: 'bounces', meta: { role: 'bounces', extension: 'probe-abcdefghijklmnop' } });
  t.match(await messageOf(entry, output), /^To:\s+friends-bounces\+probe-abcdefghijklmnop@example\.org\r$/m);
});

await t.test('for mail that comes back to the list only', async (t) => {
  const services = await servicesOf(t);
  for (const meta of [
    { sender: '' },
    { sender: null },
    { sender: 'friends@example.org' },
    { sender: 'others-bounces@example.org' },
    { list: null },
    { list: 'gone@x' },
  ]) {
    t.same(
      await failureReport(services, entryOf('', { ...SENDER, ...meta }), FAILED),
      [],
      JSON.stringify(meta),
    );
  }
  t.same(await failureReport(services, entryOf('', SENDER), []), [], 'and only when somebody failed');
});

await t.test('many recipients: every one is read, from as many reports as that takes', async (t) => {
  const services = await servicesOf(t);
  const entry = entryOf('Subject: tea\n\n', SENDER);
  const failed = Array.from({ length: 1_000 }, (_, number) => ({
    address: `member${number}@a-long-name-of-a-domain.example`,
    status: '5.1.1',
    diagnostic: `550 5.1.1 ${'no such user here '.repeat(35)}`,
  }));
  const outputs = await failureReport(services, entry, failed);
  t.equal(outputs.length, 20);
  const read: string[] = [];
  for (const output of outputs) {
    const text = Buffer.from(await messageOf(entry, output), 'latin1').subarray(0, MESSAGE_LIMIT);
    const reading = await readBounce(text, { sender: '', member: null });
    if (reading.kind === 'bounce') read.push(...reading.recipients.map(({ address }) => address));
  }
  t.same(
    read,
    failed.map(({ address }) => address),
  );
  const ids = await Promise.all(
    outputs.map(async (output) => /^Message-ID: (.*)\r$/m.exec(await messageOf(entry, output))?.[1]),
  );
  t.equal(new Set(ids).size, 20);
});

import t from 'tap';
import { openVirginRunner } from '../../lib/runners/virgin.ts';
import { contextOf, entryOf, messageOf, outputsOf, servicesOf } from '../support/runner-rig.ts';

const META = { role: null, sender: null, recipients: ['ann@example.org'] } as const;

await t.test('what every mail must have is added', async (t) => {
  const runner = openVirginRunner(await servicesOf(t));
  const entry = entryOf('From: a@example.org\n\nwords\n', META);
  const verdict = await runner.run(entry, contextOf());
  const [out, ...more] = outputsOf(verdict);
  t.equal(more.length, 0);
  t.match(out, {
    queue: 'out',
    meta: { sender: '', recipients: ['ann@example.org'], list: 'friends@example.org' },
  });
  t.equal(
    await messageOf(entry, out),
    [
      'From: a@example.org',
      'Date: Mon, 23 Nov 2026 12:00:00 +0000',
      `Message-ID: <${entry.id}@example.org>`,
      'Auto-Submitted: auto-generated',
      'Precedence: bulk',
      'List-Id: <friends.example.org>',
      '',
      'words',
      '',
    ].join('\n'),
  );
  t.same(await runner.run(entry, contextOf()), verdict, 'the same at every repeat');
});

await t.test('what is there stays', async (t) => {
  const runner = openVirginRunner(await servicesOf(t));
  const fields = 'Date: x\nMessage-ID: <y@z>\nAuto-Submitted: auto-replied\nPrecedence: list\nList-Id: <a>\n';
  const entry = entryOf(`${fields}\nwords\n`, META);
  const [out] = outputsOf(await runner.run(entry, contextOf()));
  t.equal(await messageOf(entry, out), `${fields}\nwords\n`);
});

await t.test('without a list it is the site’s own mail', async (t) => {
  const runner = openVirginRunner(await servicesOf(t));
  const entry = entryOf('Subject: x\n\n', { ...META, list: null });
  const [out] = outputsOf(await runner.run(entry, contextOf()));
  t.match(await messageOf(entry, out), `Message-ID: <${entry.id}@example.org>\n`);
  t.notMatch(await messageOf(entry, out), 'List-Id');
});

await t.test('for nobody', async (t) => {
  const runner = openVirginRunner(await servicesOf(t));
  const verdict = await runner.run(entryOf('Subject: x\n\n', { ...META, recipients: [] }), contextOf());
  t.same(verdict, { kind: 'shunt', reason: 'it has no recipients' });
});

await t.test('a probe is not marked as bulk: some servers send no bounce for that', async (t) => {
  const runner = openVirginRunner(await servicesOf(t));
  const sender = 'friends-bounces+probe-abcdefghijklmnop@example.org';
  const entry = entryOf('From: a@example.org\n\nwords\n', { ...META, sender });
  const [out] = outputsOf(await runner.run(entry, contextOf()));
  t.equal(out?.meta.sender, sender);
  t.notMatch(await messageOf(entry, out), /^Precedence:/m);
});

import t from 'tap';
import { openEnvelope } from '../support/lmtp-client.ts';
import { lmtpRig } from '../support/lmtp-rig.ts';

const POST = 'From: ann@example.org\r\nSubject: x\r\n\r\nTea?\r\n.\r\n';

await t.test(
  'it ends when nobody has called, counted from the beginning and from the last connection',
  async (t) => {
    const rig = await lmtpRig(t, { idleMs: 150 });
    const client = rig.client();
    t.equal(await client.reply(), '220 lists.test LMTP qrunner');
    await new Promise((resolve) => {
      setTimeout(resolve, 400);
    });
    t.match(await client.ask('NOOP\r\n'), /^250 /, 'a connection is not idle');
    await client.ask('QUIT\r\n');
    client.close();
    await rig.ended;
    const alone = await lmtpRig(t, { idleMs: 50 });
    await alone.ended;
    t.pass('both ended');
  },
);

await t.test('200 connections at once, each with a message', async (t) => {
  const rig = await lmtpRig(t, { members: ['ann@example.org'] });
  const clients = Array.from({ length: 200 }, () => rig.client());
  await Promise.all(clients.map((client) => openEnvelope(client, ['friends@example.org'])));
  const replies = await Promise.all(
    clients.map(async (client) => {
      await client.ask('DATA\r\n');
      return client.ask(POST);
    }),
  );
  t.equal(replies.filter((reply) => reply?.startsWith('250 2.0.0 ')).length, 200);
  t.same(rig.site.lies(), { 'in/new': 200 });
});

await t.test('one connection too many is told so', async (t) => {
  const rig = await lmtpRig(t, { limits: { connections: 2 } });
  const [one, two, three] = [rig.client(), rig.client(), rig.client()];
  t.match(await one.reply(), /^220 /);
  t.match(await two.reply(), /^220 /);
  t.equal(await three.reply(), '421 4.3.2 lists.test too many connections, try again later');
  t.equal(await three.reply(), null);
  await one.ask('QUIT\r\n');
  one.close();
  await new Promise((resolve) => {
    setTimeout(resolve, 100);
  });
  t.match(await rig.client().reply(), /^220 /, 'there is room again');
});

await t.test('told to stop: who is idle hears 421, who is in a transaction may end it', async (t) => {
  const rig = await lmtpRig(t, { members: ['ann@example.org'] });
  const idle = rig.client();
  await idle.reply();
  const busy = rig.client();
  await openEnvelope(busy, ['friends@example.org']);
  rig.stop();
  t.equal(await idle.reply(), '421 4.3.2 lists.test is closing');
  t.equal(await rig.client().reply(), null, 'nobody new');
  t.match(await busy.ask('DATA\r\n'), /^354 /);
  t.match(await busy.ask(POST), /^250 2\.0\.0 /);
  t.equal(await busy.reply(), '421 4.3.2 lists.test is closing');
  await rig.ended;
  t.same(rig.site.lies(), { 'in/new': 1 });
  t.match(rig.seen('lmtp-stop'), [{ connections: 2 }]);
});

await t.test('told to stop: who does not come to an end is cut off', async (t) => {
  const rig = await lmtpRig(t, { limits: { stopMs: 200 } });
  const client = rig.client();
  await openEnvelope(client, ['friends@example.org']);
  await client.ask('DATA\r\n');
  client.send('From: ann@example.org\r\n\r\nTea');
  rig.stop();
  await rig.ended;
  t.equal(await client.reply(), null);
  t.same(rig.site.lies(), {});
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openEnvelope } from '../support/lmtp-client.ts';
import { lmtpRig } from '../support/lmtp-rig.ts';

/** Sends posts and gives the replies. */
async function post(
  rig: Awaited<ReturnType<typeof lmtpRig>>,
  sender: string,
  message: string,
  ...to: string[]
) {
  const client = rig.client();
  await openEnvelope(client, to.length > 0 ? to : ['friends@example.org'], sender);
  await client.ask('DATA\r\n');
  const replies = [await client.ask(`${message.replaceAll('\n', '\r\n')}\r\n.\r\n`)];
  for (let index = 1; index < to.length; index++) replies.push(await client.reply());
  return replies;
}

const from = (address: string) => `From: ${address}\nSubject: x\n\nTea?\n`;
const members = ['ann@example.org'];

await t.test('a list that rejects strangers', async (t) => {
  const rig = await lmtpRig(t, { list: 'posting: { nonmembers: reject }\n', members });
  const why = /^550 5\.7\.1 eve@x\.example is not a member, and the list rejects posts by others$/;
  t.match(await post(rig, 'eve@x.example', from('eve@x.example')), [why]);
  t.match(await post(rig, 'eve@x.example', from('ann@example.org')), [/^250 /], 'From decides');
  t.match(await post(rig, 'ann@example.org', from('eve@x.example')), [/^250 /], 'or the reverse-path');
  t.match(await post(rig, 'eve@x.example', from('olga@example.org')), [/^250 /], 'or the owner');
  t.match(await post(rig, 'eve@x.example', from('eve@x.example'), 'friends-owner@example.org'), [/^250 /]);
  t.match(
    await post(rig, '', from('eve@x.example'), 'friends-bounces@example.org'),
    [/^250 /],
    'bounces always',
  );
  t.match(await post(rig, '', from('eve@x.example')), [/^250 /], 'the run sees to a null reverse-path');
  t.match(
    await post(
      rig,
      'eve@x.example',
      from('eve@x.example'),
      'friends@example.org',
      'friends-join@example.org',
    ),
    [why, /^250 /],
    'each recipient for himself',
  );
  t.same(rig.site.lies(), { 'in/new': 5, 'bounces/new': 1, 'commands/new': 1 });
  t.match(rig.seen('lmtp-refuse')[0], {
    code: '550 5.7.1',
    recipient: 'friends@example.org',
    sender: 'eve@x.example',
  });
});

async function nonmembers(t: Test, action: string) {
  const rig = await lmtpRig(t, { list: `posting: { nonmembers: ${action} }\n`, members });
  t.match(await post(rig, 'eve@x.example', from('eve@x.example')), [/^250 /]);
  await rig.site.run('in');
  return rig.site.lies();
}

await t.test('what is held is taken', async (t) => {
  t.match(await nonmembers(t, 'hold'), { 'in/held': 1 });
});

await t.test('what is discarded is taken, and nobody hears of it', async (t) => {
  t.same(await nonmembers(t, 'discard'), {});
});

await t.test(
  'a member whose own posts are rejected, and members of a list that rejects theirs',
  async (t) => {
    const rig = await lmtpRig(t, { members });
    await rig.site.call(['member', 'set', 'friends', 'ann@example.org', '--posting', 'reject']);
    t.match(await post(rig, 'ann@example.org', from('ann@example.org')), [
      /^550 5\.7\.1 the list rejects posts by ann@example\.org$/,
    ]);
    const closed = await lmtpRig(t, { list: 'posting: { members: reject, nonmembers: reject }\n', members });
    t.match(await post(closed, 'ann@example.org', from('ann@example.org')), [/^550 5\.7\.1 /]);
  },
);

await t.test('the size of the list', async (t) => {
  const rig = await lmtpRig(t, { list: 'message_size: 1KB\n', members });
  t.match(await post(rig, 'ann@example.org', `${from('ann@example.org')}${'x'.repeat(2000)}`), [
    /^552 5\.3\.4 it has 2\.0KB, and the list takes at most 1\.0KB$/,
  ]);
});

await t.test('a header section too long to be seen whole is left to the run', async (t) => {
  const rig = await lmtpRig(t, { list: 'posting: { nonmembers: reject }\n', members });
  const long = `X-Long: ${'x'.repeat(900)}\n`.repeat(80);
  t.match(await post(rig, 'eve@x.example', `${long}${from('ann@example.org')}`), [/^250 /]);
  t.match(await post(rig, 'eve@x.example', `${from('eve@x.example')}${long}`), [/^550 /]);
});

await t.test('a state that cannot be opened: later, and it is tried again', async (t) => {
  const rig = await lmtpRig(t, { site: 'bounces: { threshold: 5 }\n' });
  writeFileSync(join(rig.site.dir, 'state'), 'a file in its place');
  t.match(await post(rig, 'ann@example.org', from('ann@example.org')), [
    '451 4.3.0 trouble here, try again later',
  ]);
  t.match(rig.seen('lmtp-trouble'), [
    { list: 'friends@example.org', reason: /cannot make the state directory/ },
  ]);
  t.same(rig.site.lies(), {});
  const { rmSync } = await import('node:fs');
  rmSync(join(rig.site.dir, 'state'));
  t.match(await post(rig, 'ann@example.org', from('ann@example.org')), [/^250 /]);
});

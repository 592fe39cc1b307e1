import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { lmtpRig } from '../support/lmtp-rig.ts';

const MAIL = 'MAIL FROM:<ann@example.org>\r\n';

await t.test('a list that was made a moment ago is found, also within a transaction', async (t) => {
  const rig = await lmtpRig(t);
  const client = rig.client();
  await client.ask('LHLO mx\r\n');
  await client.reply();
  await client.ask(MAIL);
  t.match(await client.ask('RCPT TO:<tea@example.org>\r\n'), /^550 5\.1\.1 /);
  writeFileSync(join(rig.site.dir, 'lists', 'tea.yaml'), 'owners: [olga@example.org]\n');
  t.match(await client.ask('RCPT TO:<tea@example.org>\r\n'), /^250 2\.1\.5 /);
  t.match(rig.seen('lmtp-refuse'), [
    { code: '550 5.1.1', recipient: 'tea@example.org', sender: 'ann@example.org', peer: 'mx[unix]' },
  ]);
});

await t.test('a wrong configuration is 451, with the mistake in the log, until it is mended', async (t) => {
  const rig = await lmtpRig(t);
  const client = rig.client();
  await client.reply();
  const wrong = join(rig.site.dir, 'lists', 'wrong.yaml');
  writeFileSync(wrong, 'owners: [nobody]\n');
  t.notMatch(await client.ask('LHLO mx\r\n'), /SIZE/, 'a limit that is not known is not told');
  t.equal(await client.ask(MAIL), '451 4.3.5 the lists are not set up right at the moment, try again later');
  t.match(rig.events.slice(1), [
    {
      level: 'error',
      event: 'lmtp-trouble',
      reason: /wrong\.yaml:1:\d+: owners\[0\]: .*fix:/,
      peer: 'mx[unix]',
    },
    { level: 'info', event: 'lmtp-refuse', code: '451 4.3.5' },
  ]);
  rmSync(wrong);
  t.match(await client.ask(MAIL), /^250 /);
  writeFileSync(wrong, 'owners: [nobody]\n');
  t.match(
    await client.ask('RCPT TO:<tea@example.org>\r\n'),
    /^451 4\.3\.5 /,
    'an unknown list may be known later',
  );
  t.match(await client.ask('RCPT TO:<friends@example.org>\r\n'), /^250 /, 'a known one is known');
});

await t.test('a spool that cannot be made is 451', async (t) => {
  const rig = await lmtpRig(t, { files: { spool: 'a file in its place' }, members: [] });
  const client = rig.client();
  for (const words of ['LHLO mx\r\n', MAIL, 'RCPT TO:<friends-owner@example.org>\r\n'])
    await client.ask(words);
  await client.reply();
  await client.ask('DATA\r\n');
  t.equal(await client.ask('Subject: x\r\n\r\ny\r\n.\r\n'), '451 4.3.0 trouble here, try again later');
  t.match(rig.seen('lmtp-trouble'), [{ reason: /cannot prepare the spool/ }]);
});

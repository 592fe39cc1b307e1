import t from 'tap';
import { openEnvelope } from '../support/lmtp-client.ts';
import { lmtpRig } from '../support/lmtp-rig.ts';

/** A message; its line ends count two. */
const lines = (count: number) =>
  'From: ann@example.org\r\n'.concat('x'.repeat(98).concat('\r\n').repeat(count));

await t.test('a message over the limit is read to its end, and its connection goes on', async (t) => {
  const rig = await lmtpRig(t, { site: 'limits: { message_size: 100KB }\n', members: ['ann@example.org'] });
  const client = rig.client();
  const limit = 100 * 1024;
  for (const [text, wanted] of [
    [`${lines(1023)}${'y'.repeat(limit - lines(1023).length - 2)}\r\n`, /^250 2\.0\.0 /],
    [
      `${lines(1023)}${'y'.repeat(limit - lines(1023).length - 1)}\r\n`,
      /^552 5\.3\.4 the message is larger than 102400 octets$/,
    ],
    [lines(100_000), /^552 5\.3\.4 /],
  ] as const) {
    if (wanted.source.includes('250')) t.equal(text.length, limit);
    await (text.length === limit ? openEnvelope(client, ['friends@example.org']) : null);
    if (text.length !== limit) {
      for (const word of ['MAIL FROM:<ann@example.org>', 'RCPT TO:<friends@example.org>'])
        t.match(await client.ask(`${word}\r\n`), /^250 /);
    }
    t.match(await client.ask('DATA\r\n'), /^354 /);
    t.match(await client.ask(`${text}.\r\n`), wanted);
  }
  t.same(rig.site.lies(), { 'in/new': 1 });
  t.match(rig.seen('lmtp-refuse'), [{ code: '552 5.3.4' }, { code: '552 5.3.4' }]);
});

await t.test('long lines: taken up to the limit, refused over it', async (t) => {
  const rig = await lmtpRig(t, { limits: { lineBytes: 5_000 }, members: ['ann@example.org'] });
  for (const [length, wanted] of [
    [999, /^250 /],
    [5_000, /^250 /],
    [5_001, /^554 5\.6\.0 a line is longer than 5000 octets$/],
    [500_000, /^554 5\.6\.0 /],
  ] as const) {
    const client = rig.client();
    await openEnvelope(client, ['friends@example.org']);
    await client.ask('DATA\r\n');
    t.match(
      await client.ask(`From: ann@example.org\r\n\r\n${'x'.repeat(length)}\r\n.\r\n`),
      wanted,
      String(length),
    );
  }
  t.same(rig.site.lies(), { 'in/new': 2 });
});

await t.test('the bytes: NUL, 8 bits, bare line ends and dots, cut anywhere', async (t) => {
  const rig = await lmtpRig(t, { members: ['ann@example.org'] });
  const client = rig.client();
  const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== 13));
  const head = 'From: ann@example.org\r\n\r\n';
  const sent = Buffer.concat([
    Buffer.from(`${head}..\r\n...two\r\n..\r\n`),
    every,
    Buffer.from('\rbare\r\n.\r\n', 'latin1'),
  ]);
  await openEnvelope(client, ['friends@example.org']);
  await client.ask('DATA\r\n');
  client.socket.setNoDelay(true);
  for (const byte of sent) {
    client.send(Buffer.from([byte]));
    if (byte === 0x2e || byte === 0x0d) await new Promise((resolve) => setImmediate(resolve));
  }
  t.match(await client.reply(), /^250 2\.0\.0 /);
  const { message } = await rig.site.entry('in');
  t.equal(message, `From: ann@example.org\n\n.\n..two\n.\n${every.toString('latin1')}\rbare\n`);
});

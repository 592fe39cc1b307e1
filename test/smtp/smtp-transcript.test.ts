import t from 'tap';
import { conversationText } from '../../lib/smtp/smtp-transcript.ts';

await t.test('lines of both sides', async (t) => {
  t.equal(
    conversationText(['> EHLO me', '< 250-mx\r\n250 SIZE', '- TLS', '< 250 a\u0007b\tc']),
    '> EHLO me\n< 250-mx\n< 250 SIZE\n- TLS\n< 250 a b c',
  );
  t.equal(conversationText([]), '');
});

await t.test('a long one loses its middle', async (t) => {
  const text = conversationText(['< 220 begin', `< 250 ${'ö'.repeat(20_000)}`, '< 550 end']);
  t.ok(Buffer.byteLength(text) <= 8 * 1024, `${Buffer.byteLength(text)} bytes`);
  t.ok(Buffer.byteLength(text) > 8 * 1024 - 50);
  t.ok(text.startsWith('< 220 begin\n'));
  t.ok(text.endsWith('\n< 550 end'));
  t.match(text, /\n- …\n/);
  t.notMatch(text, /\ufffd/, 'no half characters');
});

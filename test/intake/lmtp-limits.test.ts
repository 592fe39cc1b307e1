import t from 'tap';
import { LMTP_LIMITS } from '../../lib/intake/lmtp-limits.ts';

await t.test('what the RFC asks for at least', async (t) => {
  t.ok(LMTP_LIMITS.commandBytes >= 512 + 26 + 16 + 10, 'RFC 5321, with SIZE, BODY and SMTPUTF8');
  t.ok(LMTP_LIMITS.lineBytes >= 998);
  t.ok(LMTP_LIMITS.recipients >= 100);
  t.ok(LMTP_LIMITS.commandMs >= 5 * 60_000);
});

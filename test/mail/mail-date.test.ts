import t from 'tap';
import { mailDate } from '../../lib/mail/mail-date.ts';

await t.test('mailDate', async (t) => {
  t.equal(mailDate(new Date(Date.UTC(2026, 10, 3, 8, 4, 9))), 'Tue, 03 Nov 2026 08:04:09 +0000');
});

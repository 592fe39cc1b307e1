import t from 'tap';
import { EX } from '../../lib/base/sysexits.ts';

await t.test('the numbers are those of sysexits(3), which mail servers know', async (t) => {
  t.strictSame(EX, { OK: 0, USAGE: 64, DATAERR: 65, NOUSER: 67, SOFTWARE: 70, TEMPFAIL: 75, CONFIG: 78 });
});

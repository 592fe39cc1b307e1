import t from 'tap';
import { base32 } from '../../lib/base/base32.ts';

await t.test('the vectors of RFC 4648 section 10, in lower case', async (t) => {
  t.equal(base32(Buffer.from('fooba')), 'mzxw6ytb');
  t.equal(base32(Buffer.from('foobafooba')), 'mzxw6ytbmzxw6ytb');
  t.equal(base32(Buffer.from('')), '');
  t.equal(base32(Buffer.from([255, 255, 255, 255, 255])), '77777777');
});

import t from 'tap';
import { formatSize, parseSize } from '../../lib/base/size.ts';

await t.test('units are powers of 1024', async (t) => {
  t.equal(parseSize('0B'), 0);
  t.equal(parseSize('512B'), 512);
  t.equal(parseSize('40KB'), 40_960);
  t.equal(parseSize('25MB'), 26_214_400);
  t.equal(parseSize('1GB'), 1_073_741_824);
});

await t.test('what is no size', async (t) => {
  for (const text of ['', '25', '25 MB', '25M', '25mb', '2.5MB', '-1B', 'MB', '1TB', '25MB ', '1KB1B']) {
    t.equal(parseSize(text), null, JSON.stringify(text));
  }
  t.equal(parseSize('99999999999999GB'), null, 'more than a number can count');
});

await t.test('for people', async (t) => {
  t.equal(formatSize(0), '0B');
  t.equal(formatSize(812), '812B');
  t.equal(formatSize(1023), '1023B');
  t.equal(formatSize(1024), '1.0KB');
  t.equal(formatSize(4_301), '4.2KB');
  t.equal(formatSize(31_457_280), '30MB');
  t.equal(formatSize(5 * 1024 ** 4), '5120GB', 'there is no larger unit');
});

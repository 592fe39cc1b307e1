import t from 'tap';
import { replyCodeIn, statusIn } from '../../lib/bounce/reply-code.ts';

await t.test('enhanced status', async (t) => {
  for (const [text, status] of [
    ['550 5.1.1 no', '5.1.1'],
    ['550-5.7.26 no', '5.7.26'],
    ['(#4.4.1)', '4.4.1'],
    ['<mx.example.org #5.1.1>', '5.1.1'],
    ['5.1.0 - x 5.1.1', '5.1.0'],
    ['5.7.1.', '5.7.1'],
    ['host 5.1.1.7', null],
    ['[192.5.1.1]', null],
    ['Exim 4.94.2', null],
    ['2.0.0 ok', null],
    ['5.1', null],
    ['', null],
  ] as const)
    t.equal(statusIn(text), status, text);
});

await t.test('reply codes', async (t) => {
  for (const [text, code] of [
    ['550 no', 550],
    ['said: 550-5.1.1 no', 550],
    ['452', 452],
    ["returned '554 5.2.2 full'", 554],
    ['554: delivery error', 554],
    ['550', 550],
    ['connect to mx[192.0.2.1]:25', null],
    ['port :550 ', null],
    ['after 480 minutes', null],
    ['15501', null],
    ['250 ok', null],
  ] as const)
    t.equal(replyCodeIn(text), code, text);
});

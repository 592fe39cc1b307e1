import t from 'tap';
import * as fields from '../../lib/config/fields.ts';
import { judged } from './mistakes.ts';

await t.test('objections travel as two lines', async (t) => {
  const objection = { message: 'found a, wanted b', fix: 'write b' };
  t.same(fields.objectionOf(fields.schemaMessage(objection)), objection);
});

await t.test('text', async (t) => {
  t.equal(judged(fields.text(), 'Grüße'), 'Grüße');
  t.equal(judged(fields.text(), ''), '');
  t.same(judged(fields.text(), 2024), [': found 2024, wanted one line of text | put it into quotes: "2024"']);
  t.match(judged(fields.text(), 'a\nBcc: x'), [/wanted one line of text \| write it on one line/]);
  t.match(judged(fields.text(), null), [
    /found nothing, wanted one line of text \| write one, or remove the line/,
  ]);
  t.match(judged(fields.word('a name'), ''), [/found "", wanted a name/]);
});

await t.test('one of a few', async (t) => {
  const schema = fields.oneOf(['accept', 'hold']);
  t.equal(judged(schema, 'hold'), 'hold');
  t.same(judged(schema, 'hodl'), [': found "hodl", wanted one of accept, hold | write hold']);
  t.same(judged(schema, 7), [': found 7, wanted one of accept, hold | write accept or hold']);
});

await t.test('true and false', async (t) => {
  t.equal(judged(fields.flag(), false), false);
  t.same(judged(fields.flag(), 'yes'), [': found "yes", wanted true or false | write true']);
  t.same(judged(fields.flag(), 'Off'), [': found "Off", wanted true or false | write false']);
  t.same(judged(fields.flag(), 1), [': found 1, wanted true or false | write true or false']);
});

await t.test('whole numbers', async (t) => {
  t.equal(judged(fields.whole(1, 10), 10), 10);
  for (const wrong of [0, 11, 1.5, Number.NaN, [], 'x']) {
    t.match(judged(fields.whole(1, 10), wrong), [/wanted a whole number from 1 to 10/], String(wrong));
  }
  t.match(judged(fields.whole(1, 10), '5'), [/found "5".*without quotes: 5/]);
});

await t.test('durations', async (t) => {
  t.equal(judged(fields.duration(), '1h30m'), 5_400_000);
  t.match(judged(fields.duration(), 5), [
    /found 5, wanted a duration such as .* \| write the unit behind the number: 5s/,
  ]);
  t.match(judged(fields.duration(), '5 m'), [
    /found "5 m", wanted a duration .* \| write numbers and units without blanks/,
  ]);
  for (const zero of [0, '0', '0s']) t.match(judged(fields.duration(), zero), [/wanted more than 0/]);
  t.match(judged(fields.duration(60_000), '61s'), [/found "61s", wanted at most 1m/]);
});

await t.test('sizes', async (t) => {
  t.equal(judged(fields.size(), '25MB'), 26_214_400);
  t.match(judged(fields.size(), '25 mb'), [/found "25 mb", wanted a size .* \| write 25MB/]);
  t.match(judged(fields.size(), '25M'), [/\| write 25MB/]);
  t.match(judged(fields.size(), 25), [/\| write the unit behind the number: 25KB or 25MB/]);
  t.match(judged(fields.size(), 'big'), [/\| write a whole number and a unit/]);
  for (const wrong of ['0B', '2GB', 0])
    t.match(judged(fields.size(), wrong), [/wanted more than 0 and at most 1.0GB/]);
});

await t.test('domains and addresses', async (t) => {
  t.equal(judged(fields.domain(), 'Example.ORG'), 'example.org');
  t.match(judged(fields.domain(), 'ada@example.org'), [
    /wanted a domain .* \| write only what follows the @: example.org/,
  ]);
  t.equal(judged(fields.address(), 'Ada@Example.ORG'), 'Ada@example.org');
  t.match(judged(fields.address(), 'Ada <ada@example.org>'), [
    /\| write it without the name: ada@example.org/,
  ]);
  t.match(judged(fields.address(), 'ada'), [/found "ada", wanted an address .* \| write name@domain/]);
});

await t.test('paths count from the file', async (t) => {
  t.equal(judged(fields.filePath('/etc/qrunner'), 'lists'), '/etc/qrunner/lists');
  t.equal(judged(fields.filePath('/etc/qrunner'), '../x'), '/etc/x');
  t.equal(judged(fields.filePath('/etc/qrunner'), '/srv/x/'), '/srv/x');
  t.match(judged(fields.filePath('/'), '~/x'), [/found "~\/x".*only to shells/]);
  for (const wrong of ['', 5, 'a\0b', null]) t.match(judged(fields.filePath('/'), wrong), [/wanted a path/]);
});

await t.test('web addresses', async (t) => {
  t.equal(judged(fields.webAddress(), 'https://example.org/a'), 'https://example.org/a');
  for (const wrong of [
    'example.org',
    'ftp://example.org',
    'https://a b',
    'https://',
    'https://a>\r\nX: y',
    'javascript:x',
  ]) {
    t.match(judged(fields.webAddress(), wrong), [/wanted an address such as https:/], wrong);
  }
});

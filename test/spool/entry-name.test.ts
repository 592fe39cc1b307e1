import t from 'tap';
import {
  bucketOf,
  type EntryName,
  entryId,
  formatName,
  HASH_SPACE,
  hashPlace,
  isEntryId,
  newName,
  parseName,
  receivedAt,
} from '../../lib/spool/entry-name.ts';

const ID = '1795420800123456-9f86d081884c7d659a2f';

await t.test('every name comes back as it was written', async (t) => {
  for (const due of [null, 0, 1_795_420_800_123_456]) {
    for (const claims of [0, 1, 999_999]) {
      for (const failures of [0, 12]) {
        for (const released of [false, true]) {
          const name: EntryName = { id: ID, claims, failures, released, due };
          t.strictSame(parseName(formatName(name)), name, formatName(name));
        }
      }
    }
  }
});

await t.test('names as ls shows them', async (t) => {
  t.equal(formatName(newName(ID)), ID);
  t.equal(formatName({ id: ID, claims: 1, failures: 2, released: true, due: null }), `${ID},c1,f2,r`);
  t.equal(formatName({ ...newName(ID), due: 1_795_420_860_000_000 }), `1795420860000000-${ID}`);
  t.strictSame(parseName(`${ID},r,f2,c1`), { id: ID, claims: 1, failures: 2, released: true, due: null });
});

await t.test('foreign names', async (t) => {
  const foreign = [
    '',
    '.',
    'README',
    `${ID}.tmp`,
    `${ID},`,
    `${ID},x1`,
    `${ID},c`,
    `${ID},c1234567`,
    `${ID}\n`,
    ` ${ID}`,
    ID.toUpperCase(),
    ID.slice(0, -1),
    `${ID}0`,
    `123-${ID}`,
    `${ID}@in@${ID}`,
  ];
  for (const name of foreign) t.equal(parseName(name), null, JSON.stringify(name));
  t.ok(isEntryId(ID));
  t.notOk(isEntryId(`${ID},c1`), 'flags are no part of the identity');
});

/** Later numbers have smaller hashes: the order must not come from them. */
const hash = (n: number) => String(9 - n).repeat(20);

await t.test('the order of names is the order of times', async (t) => {
  const times = [0, 999, 1_000_000, 1_795_420_800_123_456, 1_795_420_800_123_457, 2_000_000_000_000_000];
  const ids = times.map((micros, n) => entryId(micros, hash(n)));
  t.strictSame(ids.toReversed().sort(), ids);
  const schedule = times.map((due, n) => formatName({ ...newName(entryId(5, hash(n))), due }));
  t.strictSame(schedule.toReversed().sort(), schedule, 'in deferred/ by the due time');
});

await t.test('time and place of an id', async (t) => {
  t.equal(receivedAt(ID), 1_795_420_800_123.456);
  t.equal(hashPlace(entryId(1, '0'.repeat(20))), 0);
  t.equal(hashPlace(entryId(1, 'f'.repeat(20))), HASH_SPACE - 1);
  t.equal(hashPlace(entryId(1, `8${'0'.repeat(19)}`)), HASH_SPACE / 2);
});

await t.test('a bucket is a minute', async (t) => {
  const micros = Date.UTC(2026, 10, 23, 8, 40) * 1000;
  t.equal(bucketOf(micros), '20261123T0840Z');
  t.equal(bucketOf(micros + 59_999_999), '20261123T0840Z');
  t.equal(bucketOf(micros + 60_000_000), '20261123T0841Z');
  t.equal(bucketOf(micros - 1), '20261123T0839Z');
  t.equal(bucketOf(Date.UTC(2027, 0, 1) * 1000 - 1), '20261231T2359Z', 'no time zone but UTC');
});

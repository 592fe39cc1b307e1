import t from 'tap';
import { EMPTY_META, type EntryMeta } from '../../lib/spool/entry.ts';
import { decodeMeta, encodeMeta } from '../../lib/spool/entry-meta.ts';

const FULL: EntryMeta = {
  list: 'friends@example.org',
  role: 'bounces',
  extension: 'zoë=example.net',
  sender: '',
  recipients: ['a@example.org', '"odd \\" one"@example.org', 'ünï@example.org'],
  verp: true,
  attempts: {
    'a@example.org': {
      failures: 2,
      firstFailedAt: 1_795_420_800_123.5,
      lastAt: 1_795_420_900_000,
      dueAt: 1_795_420_990_000,
      reply: '451 4.3.0 later\n',
    },
    __proto__x: { failures: 0, firstFailedAt: null, lastAt: 1, dueAt: 2, reply: 'x' },
  },
  conversation: '> MAIL FROM:<>\n< 451 later\n',
  warned: true,
  rulesAt: 1_795_420_900_000,
  origin: { queue: 'in', id: '1795420800123456-9f86d081884c7d659a2f' },
};

const ATTEMPT = { failures: 1, firstFailedAt: 1, lastAt: 1, dueAt: 1, reply: '' };

const STORED: object = JSON.parse(encodeMeta(FULL).toString());

const decode = (json: unknown) => decodeMeta(Buffer.from(JSON.stringify(json)));

await t.test('what was written is read', async (t) => {
  t.strictSame(decodeMeta(encodeMeta(FULL)), FULL);
  t.strictSame(decodeMeta(encodeMeta(EMPTY_META)), EMPTY_META);
  t.equal(encodeMeta(EMPTY_META).toString(), '{}\n', 'empty fields are left out');
  t.equal(
    encodeMeta({ ...EMPTY_META, sender: '' }).toString(),
    '{"sender":""}\n',
    'the null reverse-path is not',
  );
});

await t.test('names with a meaning in JavaScript are names', async (t) => {
  const odd =
    '{"attempts":[{"failures":1,"firstFailedAt":1,"lastAt":1,"dueAt":1,"reply":"550 no","recipients":["__proto__"]}]}';
  const meta = decodeMeta(Buffer.from(odd));
  t.equal(typeof meta === 'string' ? meta : encodeMeta(meta).toString(), `${odd}\n`);
  t.equal(
    decodeMeta(Buffer.from('{"__proto__":{"list":"x@y"}}')),
    'its metadata has the unknown field "__proto__"',
  );
});

await t.test('what is no metadata is described', async (t) => {
  t.equal(decodeMeta(Buffer.from('')), 'its metadata is not JSON');
  t.equal(decodeMeta(Buffer.from('{"list":"x"')), 'its metadata is not JSON');
  t.equal(decodeMeta(Buffer.from('{"list":"a\0b"}')), 'its metadata is not JSON', 'a NUL byte');
  t.equal(decodeMeta(Buffer.alloc(100)), 'its metadata is not JSON', 'a hole in the file');
  for (const other of [null, [], 'text', 5]) t.equal(decode(other), 'its metadata is not a JSON object');
  t.equal(decode({ list: 'x', future: 1 }), 'its metadata has the unknown field "future"');
});

await t.test('each field is checked', async (t) => {
  const wrong: Readonly<Record<keyof EntryMeta, readonly unknown[]>> = {
    list: [5, true, {}, ['x']],
    role: ['admin', '', 5],
    extension: [5, {}],
    sender: [5, false],
    recipients: ['a@example.org', null, [5], ['a', null], { length: 1 }],
    verp: [null, 'true', 1],
    attempts: [
      5,
      'x',
      {},
      [null],
      [{ ...ATTEMPT, failures: -1 }],
      [{ ...ATTEMPT, failures: '1' }],
      [{ ...ATTEMPT, firstFailedAt: 'x' }],
      [{ ...ATTEMPT, lastAt: undefined }],
      [{ ...ATTEMPT, dueAt: null }],
      [{ ...ATTEMPT, reply: ['x'] }],
      [{ ...ATTEMPT, recipients: 'a@b' }],
      [{ ...ATTEMPT, recipients: [5] }],
      [ATTEMPT, { ...ATTEMPT, recipients: ['a@b'] }],
    ],
    conversation: [5, {}, true],
    warned: [null, 'true', 1],
    rulesAt: ['1', -1, true, {}],
    origin: [5, 'in', {}, { queue: 'in' }, { queue: 5, id: 'x' }, { queue: 'in', id: null }],
  };
  for (const [field, values] of Object.entries(wrong)) {
    for (const value of values) {
      t.match(
        decode({ ...STORED, [field]: value }),
        `its metadata field "${field}" is not`,
        JSON.stringify(value),
      );
    }
  }
});

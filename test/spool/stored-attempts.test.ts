import t from 'tap';
import type { Attempt } from '../../lib/spool/entry.ts';
import { EMPTY_META } from '../../lib/spool/entry.ts';
import { decodeMeta, encodeMeta, META_LIMIT } from '../../lib/spool/entry-meta.ts';
import { readAttempts, storeAttempts } from '../../lib/spool/stored-attempts.ts';

const down: Attempt = { failures: 0, firstFailedAt: 1, lastAt: 2, dueAt: 3, reply: 'no answer' };
const grey: Attempt = { failures: 2, firstFailedAt: 1, lastAt: 2, dueAt: 4, reply: '450 later' };

await t.test('those who wait for the same stand together, and most of them unnamed', async (t) => {
  const attempts = { 'a@x': down, 'b@x': grey, 'c@x': { ...down }, 'd@x': down };
  const recipients = Object.keys(attempts);
  const stored = storeAttempts(attempts, recipients);
  t.same(stored, [{ ...grey, recipients: ['b@x'] }, down]);
  t.same(readAttempts(stored, recipients), attempts);
});

await t.test('who has no attempt gets none', async (t) => {
  const attempts = { 'a@x': down, 'c@x': down };
  const recipients = ['a@x', 'b@x', 'c@x'];
  const stored = storeAttempts(attempts, recipients);
  t.same(stored, [{ ...down, recipients: ['a@x', 'c@x'] }]);
  t.same(readAttempts(stored, recipients), attempts);
  t.same(storeAttempts({}, recipients), []);
  t.same(readAttempts([], recipients), {});
  const stranger = { 'a@x': down, 'gone@x': down };
  t.same(readAttempts(storeAttempts(stranger, ['a@x']), ['a@x']), stranger);
});

await t.test('a list of half a million whose server is down still fits', async (t) => {
  const recipients = Array.from({ length: 500_000 }, (_, number) => `member${number}@members.example`);
  const reply = 'cannot connect to mail.example.net:25: connect ETIMEDOUT 192.0.2.1:25'.repeat(3);
  const attempts = Object.fromEntries(recipients.map((one) => [one, { ...down, reply }]));
  const bytes = encodeMeta({ ...EMPTY_META, recipients, attempts });
  t.ok(bytes.length < META_LIMIT / 2, `${bytes.length} bytes`);
  const read = decodeMeta(bytes);
  t.equal(typeof read === 'string' ? read : Object.keys(read.attempts ?? {}).length, 500_000);
});

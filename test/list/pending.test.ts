import { createHash } from 'node:crypto';
import { join } from 'node:path';
import t from 'tap';
import {
  CONFIRMED_KINDS,
  createPending,
  expirePending,
  PENDING_LIFE_MS,
  PROBE_TOKEN_LENGTH,
  takePending,
} from '../../lib/list/pending.ts';
import { type Database, openDatabase } from '../../lib/state/database.ts';

const LIST = 'tea@lists.example.org';
const NOW = Date.UTC(2026, 4, 1, 12);
const JOIN = { kind: 'join', list: LIST, address: 'Ann@Example.com' } as const;

let db: Database;
t.beforeEach(async (t) => {
  db = await openDatabase(join(t.testdir(), 'db'));
});
t.afterEach(() => db.close());

await t.test('a token confirms what was asked for, once', async (t) => {
  const data = { name: 'Ann Smith', wishes: [1, true, null] };
  const token = createPending(db, { ...JOIN, data }, PENDING_LIFE_MS, NOW);
  t.match(token, /^[a-z2-7]{32}$/);
  t.strictSame(takePending(db, token, NOW + 5), {
    ...JOIN,
    data,
    createdAt: NOW,
    expiresAt: NOW + 3 * 86_400_000,
  });
  t.equal(takePending(db, token, NOW + 5), null, 'used up');
});

await t.test('tokens are random', async (t) => {
  const tokens = Array.from({ length: 500 }, (_, i) =>
    createPending(db, { ...JOIN, address: `m${i}@example.com` }, 1000, NOW),
  );
  t.equal(new Set(tokens).size, 500);
  for (let place = 0; place < 32; place += 1) {
    const seen = new Set(tokens.map((token) => token[place]));
    t.equal(seen.size, 32, `every character is seen at place ${place}`);
  }
});

await t.test('the file holds no token', async (t) => {
  const token = createPending(db, JOIN, 1000, NOW);
  const row = db.get('SELECT * FROM pending');
  t.equal(row?.token_hash, createHash('sha256').update(token).digest('hex'));
  t.notMatch(JSON.stringify(row), token);
});

await t.test('a mail program may change the case of a token', async (t) => {
  const token = createPending(db, JOIN, 1000, NOW);
  t.match(takePending(db, token.toUpperCase(), NOW), { address: 'Ann@Example.com', data: null });
});

await t.test('what is no token, or not ours, confirms nothing', async (t) => {
  const token = createPending(db, JOIN, 1000, NOW);
  const hash = String(db.get('SELECT token_hash FROM pending')?.token_hash);
  for (const wrong of [
    '',
    ' ',
    token.slice(1),
    `${token}a`,
    `${token}\n`,
    '1'.repeat(32),
    'a'.repeat(32),
    hash,
  ]) {
    t.equal(takePending(db, wrong, NOW), null, JSON.stringify(wrong));
  }
  t.ok(takePending(db, token, NOW), 'and harms nothing');
});

await t.test('a token lives its time', async (t) => {
  const token = createPending(db, JOIN, 1000, NOW);
  t.equal(takePending(db, token, NOW + 1000), null, 'expired');
  const last = createPending(db, JOIN, 1000, NOW);
  t.ok(takePending(db, last, NOW + 999), 'the last moment');

  createPending(db, JOIN, 1000, NOW);
  createPending(db, { ...JOIN, kind: 'leave' }, 2000, NOW);
  t.equal(expirePending(db, NOW + 999), 0);
  t.equal(expirePending(db, NOW + 1000), 1);
  t.strictSame(db.all('SELECT kind FROM pending'), [{ kind: 'leave' }]);
});

await t.test('asking again replaces what was asked for', async (t) => {
  const first = createPending(db, { ...JOIN, data: 1 }, 1000, NOW);
  const leave = createPending(db, { ...JOIN, kind: 'leave' }, 1000, NOW);
  const elsewhere = createPending(db, { ...JOIN, list: 'coffee@lists.example.org' }, 1000, NOW);
  const second = createPending(db, { ...JOIN, address: 'ann@EXAMPLE.com', data: 2 }, 1000, NOW + 500);
  t.equal(takePending(db, first, NOW), null);
  t.match(takePending(db, second, NOW + 1200), { address: 'ann@EXAMPLE.com', data: 2, createdAt: NOW + 500 });
  t.match(takePending(db, leave, NOW), { kind: 'leave' }, 'another kind is another request');
  t.match(takePending(db, elsewhere, NOW), { list: 'coffee@lists.example.org' }, 'so is another list');
});

await t.test('a token of another kind stays good', async (t) => {
  const token = createPending(db, { ...JOIN, kind: 'probe' }, 1000, NOW);
  t.match(token, /^[a-z2-7]{16}$/, 'a short one, since it shares a local part with the name of its list');
  t.equal(token.length, PROBE_TOKEN_LENGTH);
  t.equal(takePending(db, token, NOW, CONFIRMED_KINDS), null, 'a person cannot confirm a probe');
  t.match(takePending(db, token, NOW, ['probe']), { kind: 'probe' });
});

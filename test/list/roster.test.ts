import { join } from 'node:path';
import t from 'tap';
import { DEFAULT_BOUNCES } from '../../lib/config/bounce-settings.ts';
import { bounceHistory } from '../../lib/list/bounce-history.ts';
import { memberLog } from '../../lib/list/member-log.ts';
import { createPending, takePending } from '../../lib/list/pending.ts';
import { recordBounce } from '../../lib/list/record-bounce.ts';
import {
  addMember,
  addMembers,
  countMembers,
  findMember,
  listMembers,
  memberships,
  recipients,
  removeList,
  removeMember,
  setMember,
} from '../../lib/list/roster.ts';
import { type Database, openDatabase } from '../../lib/state/database.ts';

const LIST = 'tea@lists.example.org';
const OTHER = 'coffee@lists.example.org';
const NOW = Date.UTC(2026, 4, 1, 12);

/** Entries whose second one cannot be read. */
function* broken() {
  yield { address: 'm0@example.com' };
  throw new Error('line 2 is no address');
}

/** Members over a thousand destinations. */
function* crowd(count: number) {
  for (let i = 0; i < count; i += 1) {
    yield { address: `member${i}@host${i % 1000}.example`, name: `Member ${i}` };
  }
}

let db: Database;
t.beforeEach(async (t) => {
  db = await openDatabase(join(t.testdir(), 'db'));
});
t.afterEach(() => db.close());

await t.test('a member is added once, found by any case, and kept as given', async (t) => {
  t.equal(addMember(db, LIST, { address: 'Ann.Smith@Example.COM', name: 'Ann Smith' }, NOW), 'added');
  t.equal(addMember(db, LIST, { address: 'ann.smith@example.com', name: 'Other' }, NOW + 5), 'present');
  t.strictSame(findMember(db, LIST, 'ANN.SMITH@example.com'), {
    address: 'Ann.Smith@Example.COM',
    name: 'Ann Smith',
    delivery: 'enabled',
    posting: 'default',
    since: NOW,
  });
  t.equal(findMember(db, OTHER, 'ann.smith@example.com'), null, 'of this list only');
  t.equal(findMember(db, LIST, 'bob@example.com'), null);
  t.equal(addMember(db, LIST, { address: 'bob@example.com' }, NOW), 'added');
  t.equal(findMember(db, LIST, 'bob@example.com')?.name, '');
});

await t.test('members come by address, recipients by destination', async (t) => {
  for (const address of ['d@b.example', 'A@b.example', 'c@a.example', 'b@z.example', 'e@a.example']) {
    addMember(db, LIST, { address }, NOW);
  }
  addMember(db, OTHER, { address: 'x@a.example' }, NOW);
  setMember(db, LIST, 'e@a.example', { delivery: 'disabled' });
  setMember(db, LIST, 'b@z.example', { delivery: 'bouncing' });
  t.strictSame(
    listMembers(db, LIST).map((member) => member.address),
    ['A@b.example', 'b@z.example', 'c@a.example', 'd@b.example', 'e@a.example'],
  );
  t.strictSame(recipients(db, LIST), ['c@a.example', 'A@b.example', 'd@b.example'], 'delivery enabled only');
  t.strictSame(countMembers(db, LIST), { total: 5, enabled: 3, disabled: 1, bouncing: 1 });
  t.strictSame(countMembers(db, 'none@lists.example.org'), {
    total: 0,
    enabled: 0,
    disabled: 0,
    bouncing: 0,
  });
});

await t.test('a member is changed in what is named', async (t) => {
  addMember(db, LIST, { address: 'ann@example.com', name: 'Ann' }, NOW);
  addMember(db, OTHER, { address: 'ann@example.com', name: 'Ann' }, NOW);
  t.equal(setMember(db, LIST, 'Ann@Example.com', { posting: 'hold' }), true);
  t.equal(setMember(db, LIST, 'ann@example.com', { delivery: 'disabled', name: '' }), true);
  t.match(findMember(db, LIST, 'ann@example.com'), {
    name: '',
    delivery: 'disabled',
    posting: 'hold',
    since: NOW,
  });
  t.match(findMember(db, OTHER, 'ann@example.com'), { name: 'Ann', delivery: 'enabled', posting: 'default' });
  t.equal(setMember(db, LIST, 'bob@example.com', { name: 'Bob' }), false);
});

await t.test('a member is removed with his bounces', async (t) => {
  addMember(db, LIST, { address: 'ann@example.com' }, NOW);
  addMember(db, OTHER, { address: 'ann@example.com' }, NOW);
  const report = { class: 'hard', status: '5.1.1', diagnostic: 'no such user' } as const;
  recordBounce(db, LIST, 'ann@example.com', report, NOW, DEFAULT_BOUNCES);
  t.strictSame(memberships(db, 'ANN@example.com'), [OTHER, LIST]);
  t.equal(removeMember(db, LIST, 'ANN@example.com'), true);
  t.equal(removeMember(db, LIST, 'ann@example.com'), false);
  t.strictSame(memberships(db, 'ann@example.com'), [OTHER]);
  addMember(db, LIST, { address: 'ann@example.com' }, NOW);
  t.strictSame(bounceHistory(db, LIST, 'ann@example.com'), [], 'who comes again begins anew');
});

await t.test('a list is removed with all that is known of it', async (t) => {
  for (const list of [LIST, OTHER]) addMember(db, list, { address: 'ann@example.com' }, NOW);
  const report = { class: 'hard', status: '5.1.1', diagnostic: 'no such user' } as const;
  recordBounce(db, LIST, 'ann@example.com', report, NOW, DEFAULT_BOUNCES);
  const [gone, stays] = [LIST, OTHER].map((list) =>
    createPending(db, { kind: 'join', list, address: 'bob@example.com' }, 1000, NOW),
  );
  removeList(db, LIST);
  t.strictSame(listMembers(db, LIST), []);
  t.equal(listMembers(db, OTHER).length, 1);
  t.equal(takePending(db, gone ?? '', NOW), null);
  t.match(takePending(db, stays ?? '', NOW), { list: OTHER });
  for (const table of [
    'member',
    'bounce',
    'pending',
    'standing',
    'post',
    'post_count',
    'bounce_alarm',
    'member_log',
  ]) {
    t.strictSame(db.all(`SELECT 1 FROM ${table} WHERE list = ?`, LIST), [], table);
  }
});

await t.test('what happens to a member is written down', async (t) => {
  const made = { by: 'in a test', at: NOW + 5 };
  addMember(db, LIST, { address: 'Ann@example.com' }, NOW, 'by ada');
  addMember(db, LIST, { address: 'ann@example.com' }, NOW, 'again');
  setMember(db, LIST, 'ann@example.com', { name: 'Ann' }, made);
  setMember(db, LIST, 'ann@example.com', { delivery: 'disabled' }, made);
  setMember(db, LIST, 'ann@example.com', { delivery: 'disabled' }, made);
  setMember(db, LIST, 'ann@example.com', { delivery: 'bouncing' }, made);
  setMember(db, LIST, 'ann@example.com', { delivery: 'enabled' }, made);
  const tokens = (['probe', 'enable', 'join'] as const).map((kind) =>
    createPending(db, { kind, list: LIST, address: 'ann@example.com' }, 1000, NOW),
  );
  removeMember(db, LIST, 'ann@example.com', made);
  addMember(db, LIST, { address: 'ann@example.com' }, NOW + 9);
  removeMember(db, LIST, 'ann@example.com', made, 'removed');
  t.same(
    memberLog(db, LIST, 'ann@example.com').map(({ event, detail, at }) => `${at - NOW} ${event}: ${detail}`),
    [
      '0 joined: by ada',
      '5 disabled: in a test',
      '5 disabled: bouncing, in a test',
      '5 enabled: in a test',
      '5 left: in a test',
      '9 joined: by a person',
      '5 removed: in a test',
    ],
  );
  t.same(
    tokens.map((token) => takePending(db, token, NOW)?.kind),
    [undefined, undefined, 'join'],
    'tokens of a member go with him',
  );
});

await t.test('many members are added together or not at all', async (t) => {
  addMember(db, LIST, { address: 'm1@example.com' }, NOW);
  t.throws(() => addMembers(db, LIST, broken(), NOW), { message: 'line 2' });
  t.equal(countMembers(db, LIST).total, 1);

  const entries = Array.from({ length: 2500 }, (_, i) => ({
    address: `M${i % 2400}@example.com`,
    name: `${i}`,
  }));
  const progress: number[] = [];
  const count = addMembers(db, LIST, entries, NOW, (done) => progress.push(done));
  t.strictSame(count, { added: 2399, present: 101 });
  t.strictSame(progress, [1000, 2000, 2500]);
  t.equal(countMembers(db, LIST).total, 2400);
  t.strictSame(addMembers(db, LIST, [], NOW), { added: 0, present: 0 });
});

await t.test('a hundred thousand members take seconds, not minutes', async (t) => {
  const started = performance.now();
  t.strictSame(addMembers(db, LIST, crowd(100_000), NOW), { added: 100_000, present: 0 });
  const added = performance.now();
  t.equal(recipients(db, LIST).length, 100_000);
  const read = performance.now();
  t.comment(`added in ${Math.round(added - started)} ms, recipients in ${Math.round(read - added)} ms`);
  t.ok(added - started < 20_000, 'adding');
  t.ok(read - added < 5_000, 'reading');
});

import { join } from 'node:path';
import t from 'tap';
import type { ListSettings } from '../../lib/config/site.ts';
import { memberLog } from '../../lib/list/member-log.ts';
import { createPending, PENDING_LIFE_MS, takePending } from '../../lib/list/pending.ts';
import { addMember, findMember, listMembers, setMember } from '../../lib/list/roster.ts';
import { answerAll } from '../../lib/post/answer.ts';
import { parseCommands } from '../../lib/post/command.ts';
import { type Database, openDatabase } from '../../lib/state/database.ts';
import { NOON } from '../support/runner-rig.ts';
import { listSettings } from '../support/settings.ts';

const LIST = 'friends@example.org';
const ANN = 'ann@example.org';

let db: Database;
t.beforeEach(async (t) => {
  db = await openDatabase(join(t.testdir(), 'db'));
});
t.afterEach(() => db.close());

type Options = { list?: Partial<ListSettings>; author?: string; name?: string; now?: number };

/** What these lines of text bring. */
function ask(lines: string[], { list = {}, author = ANN, name = '', now = NOON }: Options = {}) {
  const commands = parseCommands('request', null, ['', ...lines]);
  return db.transaction(() => answerAll(db, listSettings(list), author, name, commands, now));
}

/** The token in the only letter. */
function tokenFor(kind: 'join' | 'leave', options: Options = {}): string {
  const { letters } = ask([kind], options);
  return /^confirm (\S+)$/.exec(letters[0]?.subject ?? '')?.[1] ?? '';
}

await t.test('join, and confirm', async (t) => {
  const { results, letters } = ask(['join'], { name: 'Ann Smith' });
  t.same(results, [], 'no word of whether he is a member: anybody may ask');
  t.match(letters, [{ to: ANN, subject: /^confirm [a-z2-7]{32}$/ }]);
  const token = letters[0]?.subject.slice('confirm '.length) ?? '';
  t.equal(letters[0]?.from, `friends-confirm+${token}@example.org`, 'a reply goes where it confirms');
  t.equal(findMember(db, LIST, ANN), null, 'not before the token comes back');

  const confirmed = ask([`confirm ${token}`], { author: 'elsewhere@example.com' });
  t.match(confirmed.letters, [{ to: ANN, from: null, subject: 'Welcome to friends' }]);
  t.match(findMember(db, LIST, ANN), { address: ANN, name: 'Ann Smith', since: NOON });

  const again = ask([`confirm ${token}`]);
  t.same(again.letters, []);
  t.match(again.results, [/^confirm: this token is not known here/]);
});

await t.test('leave, and confirm', async (t) => {
  addMember(db, LIST, { address: ANN }, NOON);
  const token = tokenFor('leave');
  t.ok(findMember(db, LIST, ANN));
  t.match(ask([`confirm ${token}`]).letters, [{ to: ANN, subject: 'You have left friends' }]);
  t.equal(findMember(db, LIST, ANN), null);
});

await t.test('nobody can find out who is a member', async (t) => {
  addMember(db, LIST, { address: ANN }, NOON);
  for (const kind of ['join', 'leave'] as const) {
    for (const author of [ANN, 'nobody@example.org']) {
      const { results, letters } = ask([kind], { author });
      t.same([results.length, letters.length], [0, 1], `${kind} ${author}`);
    }
  }
  const member = ask([`confirm ${tokenFor('join')}`]);
  t.same(member, { results: [`join: ${ANN} is a member of ${LIST} already.`], letters: [] });
  const options = { author: 'nobody@example.org' };
  const stranger = ask([`confirm ${tokenFor('leave', options)}`], options);
  t.same(stranger.results, [`leave: nobody@example.org is not a member of ${LIST}.`]);
});

await t.test('tokens that are no good', async (t) => {
  for (const token of ['', 'x', 'a'.repeat(32), '%', 'undefined']) {
    const { results, letters } = ask([`confirm ${token}`]);
    t.match(results, [/not known here/], token);
    t.same(letters, []);
  }
  const late = tokenFor('join');
  t.match(ask([`confirm ${late}`], { now: NOON + PENDING_LIFE_MS }).results, [/expired/]);
  t.equal(listMembers(db, LIST).length, 0);
});

await t.test('a token of another list stays good there', async (t) => {
  const other = { name: 'others', address: 'others@example.org' };
  const token = tokenFor('join', { list: other });
  t.match(ask([`confirm ${token}`]).results, [/not known here/]);
  t.equal(findMember(db, LIST, ANN), null);
  t.match(ask([`confirm ${token}`], { list: other }).letters, [{ subject: 'Welcome to others' }]);
  t.ok(findMember(db, 'others@example.org', ANN));
});

await t.test('a closed list', async (t) => {
  const list = { subscribe: 'closed' as const };
  const { results, letters } = ask(['join'], { list });
  t.match(results, [/is closed.*friends-owner@example\.org/s]);
  t.same(letters, []);
  addMember(db, LIST, { address: ANN }, NOON);
  t.equal(ask(['leave'], { list }).letters.length, 1, 'leaving is always open');
});

const who = (author: string, roster: 'members' | 'owners') =>
  ask(['who'], { author, list: { roster } }).results[0] ?? '';

await t.test('who', async (t) => {
  addMember(db, LIST, { address: ANN, name: 'Ann' }, NOON);
  addMember(db, LIST, { address: 'ben@example.org' }, NOON);
  setMember(db, LIST, 'ben@example.org', { delivery: 'bouncing' });
  const roster =
    '2 members of friends@example.org:\n\n' +
    '    ann@example.org (Ann)\n    ben@example.org  [delivery bouncing]\n';
  t.equal(who('ANN@example.org', 'members'), roster);
  t.equal(who('Olga@example.org', 'members'), roster, 'owners need not be members');
  t.match(who('eve@example.com', 'members'), /^who: only members and owners of friends@example.org/);
  t.match(who(ANN, 'owners'), /^who: only owners/);
  t.equal(who('olga@example.org', 'owners'), roster);
});

await t.test('help, echo and what is none, in their order', async (t) => {
  const { results, letters } = ask(['echo  one  two', 'help']);
  t.equal(results[0], 'echo: one two');
  t.match(results[1], /^Commands for friends-request@example\.org/);
  t.equal(letters.length, 0);
  const wrong = ask([`I like tea ${'x'.repeat(1000)}`]).results[0] ?? '';
  t.match(wrong, /^"I like tea x{89}" is not a command\. The commands are:\n\nCommands for/);
});

/** A token that enables delivery again. */
const enabling = () => createPending(db, { kind: 'enable', list: LIST, address: ANN }, 1000, NOON);

await t.test('a reply to a warning enables delivery that bounces had stopped', async (t) => {
  addMember(db, LIST, { address: ANN }, NOON);
  setMember(db, LIST, ANN, { delivery: 'bouncing' });
  const token = enabling();
  const { letters, results } = ask([`confirm ${token}`], { author: 'other@example.com' });
  t.match(letters, [{ to: ANN, from: null, subject: 'friends: you get mail of the list again' }]);
  t.same(results, []);
  t.match(findMember(db, LIST, ANN), { delivery: 'enabled' });
  t.match(memberLog(db, LIST, ANN).at(-1), { event: 'enabled', detail: 'by the member, with a token' });
  t.match(ask([`confirm ${token}`]).results, [/not known here/], 'once');
});

await t.test('and nothing else', async (t) => {
  addMember(db, LIST, { address: ANN }, NOON);
  t.match(ask([`confirm ${enabling()}`]).results, [`Delivery to ${ANN} is enabled; nothing was changed.`]);
  setMember(db, LIST, ANN, { delivery: 'disabled' });
  t.match(ask([`confirm ${enabling()}`]).results, [/is disabled; nothing was changed/]);
  t.match(findMember(db, LIST, ANN), { delivery: 'disabled' }, 'a person has said so');
  const probe = createPending(db, { kind: 'probe', list: LIST, address: ANN }, 1000, NOON);
  t.match(ask([`confirm ${probe}`]).results, [/not known here/]);
  t.match(takePending(db, probe, NOON, ['probe']), { address: ANN }, 'a probe’s token stays good');
  const token = enabling();
  db.run('DELETE FROM member');
  t.match(ask([`confirm ${token}`]).results, [/is no member[\s\S]*friends-join@example\.org/]);
});

await t.test('a list whose name leaves no room for a token is confirmed by the subject', async (t) => {
  const list = { name: 'announcements-international', address: 'announcements-international@example.org' };
  const { letters } = ask(['join'], { list });
  t.match(letters, [
    { from: 'announcements-international-request@example.org', subject: /^confirm [a-z2-7]{32}$/ },
  ]);
});

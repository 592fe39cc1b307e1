import t from 'tap';
import type { Member } from '../../lib/list/roster.ts';
import { parseHeader } from '../../lib/mail/header.ts';
import { hasBeenThere, type Post, screenPost } from '../../lib/post/screen.ts';
import { listSettings } from '../support/settings.ts';

const ANN: Member = {
  address: 'ann@example.org',
  name: '',
  delivery: 'enabled',
  posting: 'default',
  since: 0,
};

/** A post of a member with these fields. */
function post(fields = '', changes: Partial<Post> = {}): Post {
  return {
    header: parseHeader(Buffer.from(`${fields}\n`)),
    size: 100,
    sender: 'ann@example.org',
    author: 'ann@example.org',
    member: ANN,
    released: false,
    ...changes,
  };
}

const decided = (value: Post, changes = {}) => {
  const { action, rule } = screenPost(listSettings(changes), value);
  return `${action} ${rule}`;
};

await t.test('every rule', async (t) => {
  t.equal(decided(post()), 'accept member');
  t.equal(decided(post('X-BeenThere: Friends@Example.org\n')), 'discard loop');
  t.equal(decided(post('List-Id: Tea <FRIENDS.example.org>\n')), 'discard loop');
  t.equal(decided(post('List-Id: friends.example.org\n')), 'discard loop');
  t.equal(decided(post('List-Id: <other.example.org>\n')), 'accept member', 'another list may be a member');
  t.equal(decided(post('', { sender: '' })), 'discard automatic');
  t.equal(decided(post('Auto-Submitted: auto-replied\n')), 'discard automatic');
  t.equal(decided(post('Auto-Submitted: auto-generated\n')), 'accept member', 'a build robot may post');
  t.equal(decided(post('Precedence: bulk\n')), 'accept member');
  t.equal(decided(post('', { size: 1024 * 1024 })), 'accept member', 'exactly the limit');
  t.equal(decided(post('', { size: 1024 * 1024 + 1 })), 'reject size');
  t.equal(decided(post('', { author: 'Olga@EXAMPLE.org', member: null })), 'accept owner');
  t.equal(decided(post('', { author: 'x@example.org', member: null })), 'hold nonmember');
  t.equal(decided(post('', { author: null, member: null, sender: null })), 'hold nonmember');
});

await t.test('the list, and then the member, say what is done', async (t) => {
  for (const action of ['accept', 'hold', 'reject', 'discard'] as const) {
    const other = action === 'accept' ? 'hold' : 'accept';
    t.equal(decided(post(), { posting: { members: action, nonmembers: other } }), `${action} member`);
    const stranger = post('', { member: null, author: 'x@example.org' });
    t.equal(decided(stranger, { posting: { members: other, nonmembers: action } }), `${action} nonmember`);
    const own = post('', { member: { ...ANN, posting: action } });
    t.equal(decided(own, { posting: { members: other, nonmembers: other } }), `${action} member`);
  }
});

await t.test('the order of the rules', async (t) => {
  const all = post('X-BeenThere: friends@example.org\nAuto-Submitted: auto-replied\n', {
    released: true,
    size: 2 ** 30,
    author: 'olga@example.org',
  });
  t.equal(decided(all), 'discard loop', 'a loop is not let through by anybody');
  t.equal(decided({ ...all, header: post('Auto-Submitted: auto-replied\n').header }), 'accept released');
  const automatic = post('Auto-Submitted: auto-replied\n', { size: 2 ** 30 });
  t.equal(decided(automatic), 'discard automatic', 'before size: a machine gets no answer');
  t.equal(decided(post('', { size: 2 ** 30, author: 'olga@example.org' })), 'reject size', 'also owners');
  const moderated = post('', { author: 'olga@example.org', member: { ...ANN, posting: 'hold' } });
  t.equal(decided(moderated), 'accept owner', 'before the member’s setting');
});

const reason = (value: Post) => screenPost(listSettings(), value).reason;

await t.test('the reason is a sentence with the facts', async (t) => {
  t.equal(
    reason(post('', { author: 'x@example.org', member: null })),
    'x@example.org is not a member, and the list holds posts by others',
  );
  t.equal(
    reason(post('', { author: null, member: null })),
    'it does not say who wrote it, and the list holds posts by others',
  );
  t.equal(reason(post('', { size: 3 * 1024 * 1024 })), 'it has 3.0MB, and the list takes at most 1.0MB');
  const rejected = post('', { member: { ...ANN, posting: 'reject' } });
  t.equal(reason(rejected), 'the list rejects posts by ann@example.org');
  t.equal(
    reason(post('X-BeenThere: friends@example.org\n')),
    'it has been through friends@example.org already',
  );
});

await t.test('hasBeenThere looks at every mark', async (t) => {
  const { header } = post('X-BeenThere: a@example.org\nX-BeenThere: FRIENDS@example.org\n');
  t.ok(hasBeenThere(header, 'friends@example.org'));
  t.notOk(hasBeenThere(header, 'friends-owner@example.org'));
});

import t from 'tap';
import { loadConfiguration } from '../../lib/config/load.ts';
import { addMember } from '../../lib/list/roster.ts';
import { parseHeader } from '../../lib/mail/header.ts';
import { screenByRoster } from '../../lib/runners/screen-by-roster.ts';
import { openDatabase } from '../../lib/state/database.ts';
import { siteFiles } from '../support/site-rig.ts';

await t.test('the author is looked up: by From, then by the reverse-path', async (t) => {
  const dir = t.testdir(siteFiles({ list: 'posting: { nonmembers: reject }\n' }));
  const { configuration } = await loadConfiguration(`${dir}/qrunner.yaml`);
  const list = configuration?.lists.get('friends@example.org');
  if (!list) throw new Error('no list');
  const db = await openDatabase(`${dir}/test.db`);
  t.teardown(db.close);
  addMember(db, list.address, { address: 'Ann@example.org' }, 0);
  const cases: [string, string | null, string, string | null][] = [
    ['From: ann@example.org\n\n', null, 'accept member', 'ann@example.org'],
    ['From: eve@example.org\n\n', 'ann@example.org', 'accept member', 'eve@example.org'],
    ['Subject: x\n\n', 'ann@example.org', 'accept member', 'ann@example.org'],
    ['From: olga@example.org\n\n', null, 'accept owner', 'olga@example.org'],
    ['From: eve@example.org\n\n', 'eve@example.org', 'reject nonmember', 'eve@example.org'],
    ['Subject: x\n\n', null, 'reject nonmember', null],
    ['From: ann@example.org\n\n', '', 'discard automatic', 'ann@example.org'],
  ];
  for (const [head, sender, wanted, by] of cases) {
    const header = parseHeader(Buffer.from(head));
    const { screening, author } = await screenByRoster(db, list, {
      header,
      size: 100,
      sender,
      released: false,
    });
    t.equal(`${screening.action} ${screening.rule}`, wanted, head);
    t.equal(author, by);
  }
});

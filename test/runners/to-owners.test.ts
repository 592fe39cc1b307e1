import t from 'tap';
import { toOwners } from '../../lib/runners/to-owners.ts';
import { entryOf } from '../support/runner-rig.ts';
import { listSettings } from '../support/settings.ts';

const list = listSettings();
const MAIL = 'From: eve@example.com\nSubject: Help\n\nPlease.\n';

await t.test('on to the owners, with the null reverse-path and our mark', async (t) => {
  const verdict = await toOwners(list, entryOf(MAIL), 'owners');
  t.match(verdict, { kind: 'done', note: 'owners' });
  const [output, ...rest] = verdict.kind === 'done' ? verdict.outputs : [];
  t.same(rest, []);
  t.match(output, { queue: 'out', meta: { role: 'owner', sender: '', recipients: [...list.owners] } });
  t.match(
    output?.message.head.toString(),
    /^From: eve@example\.com\nSubject: Help\n[\s\S]*X-BeenThere: friends-owner@/,
  );
});

await t.test('once only', async (t) => {
  const entry = entryOf(`X-BeenThere: friends-owner@${list.domain}\n${MAIL}`);
  t.same(await toOwners(list, entry, 'owners'), { kind: 'done', outputs: [], note: 'discard loop' });
});

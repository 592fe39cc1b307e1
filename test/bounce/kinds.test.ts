import t from 'tap';
import { KINDS } from '../../lib/bounce/kinds.ts';
import { read, sectionOf, tablesOf } from '../docs/source.ts';
import { messageOf } from './message-of.ts';

const kindOf = async (...args: Parameters<typeof messageOf>) => {
  const message = await messageOf(...args);
  return KINDS.flatMap(({ read }) => read(message) ?? [])[0]?.kind ?? null;
};

await t.test('each has a name of its own', async (t) => {
  t.equal(new Set(KINDS.map(({ name }) => name)).size, KINDS.length);
});

await t.test('the first that fits', async (t) => {
  const challenge = 'Please confirm your message';
  const fields = ['Auto-Submitted: auto-replied'];
  const from = 'Ann <ann@example.org>';
  t.equal(await kindOf('x', { subject: challenge, from, fields }), 'challenge', 'a challenge is a reply too');
  t.equal(await kindOf('x', { from, fields }), 'auto-reply');
  t.equal(await kindOf('x', { fields }), null, 'a server calls its bounces so');
});

await t.test('the order of BOUNCES', async (t) => {
  const [rows = []] = tablesOf(sectionOf(read('docs/BOUNCES.md'), 'What is no failure'));
  t.same(
    rows.map(([name]) => name),
    KINDS.map(({ name }) => name),
  );
});

import t from 'tap';
import { getField } from '../../lib/mail/header.ts';
import { headerOf } from '../../lib/runners/header-of.ts';
import { entryOf } from '../support/runner-rig.ts';

/** An entry and the limits it was read with. */
function watched(message: string) {
  const limits: number[] = [];
  const entry = entryOf(message);
  const readHead = (limit: number) => {
    limits.push(limit);
    return entry.readHead(limit);
  };
  return { limits, entry: { ...entry, readHead } };
}

await t.test('reads no more than it needs', async (t) => {
  const small = watched(`Subject: x\n\n${'y'.repeat(1_000_000)}`);
  t.equal(getField((await headerOf(small.entry)).header, 'Subject'), 'x');
  t.same(small.limits, [64 * 1024]);
  const large = watched(`${'X: y\n'.repeat(20_000)}Subject: x\n\nbody`);
  t.equal(getField((await headerOf(large.entry)).header, 'Subject'), 'x');
  t.same(large.limits, [64 * 1024, 256 * 1024]);
});

await t.test('a message that is only a header section, or nothing', async (t) => {
  for (const message of ['Subject: x', 'Subject: x\n', 'Subject: x\n\n', '', '\n', 'words']) {
    const { beginning } = await headerOf(watched(message).entry);
    t.equal(beginning.toString(), message);
  }
});

await t.test('a boundary between two reads cuts no field', async (t) => {
  for (let before = 0; before < 40; before++) {
    const filler = 'X-Filler: '.padEnd(64 * 1024 - before, 'y');
    const { header } = await headerOf(watched(`${filler}\r\nSubject: a\r\n b\r\nTo: x\r\n\r\nbody`).entry);
    t.same([getField(header, 'Subject'), getField(header, 'To')], ['a b', 'x'], `${before} bytes before`);
  }
});

await t.test('a body without a header section and without line ends', async (t) => {
  const { entry, limits } = watched('\0'.repeat(3_000_000));
  t.same((await headerOf(entry)).header.fields, []);
  t.same(limits, [64 * 1024]);
});

await t.test('over the limit', async (t) => {
  const { entry } = watched('X: y\n'.repeat(300_000));
  await t.rejects(headerOf(entry), { status: 65, message: /larger than 1048576 bytes/ });
});

import { mkdirSync, rmdirSync } from 'node:fs';
import { dirname } from 'node:path';
import t from 'tap';
import { EMPTY_META } from '../../lib/spool/entry.ts';
import { commit } from '../../lib/spool/move.ts';
import {
  dropOutputs,
  findStaged,
  type NewOutput,
  publishOutputs,
  stageOutputs,
} from '../../lib/spool/outputs.ts';
import { outputId } from '../../lib/spool/spool.ts';
import { isStaged } from '../../lib/spool/staged-name.ts';
import { spoolRig } from '../support/spool-rig.ts';

const QUEUES = ['in', 'out', 'archive'];

function output(queue: string, text: string): NewOutput {
  return { queue, meta: { ...EMPTY_META, list: 'a@b' }, message: [Buffer.from(text)] };
}

await t.test('outputs are written in tmp/ and accepted after their input is committed', async (t) => {
  using rig = spoolRig(QUEUES);
  const place = await rig.putActive('in');
  const input = { queue: 'in', id: place.name.id };
  const staged = await stageOutputs(rig.spool, input, [output('out', 'one'), output('archive', 'two')]);
  t.match(rig.counts(), { 'in/active': 1, 'out/tmp': 1, 'archive/tmp': 1 });
  t.ok(staged.every(({ path }) => isStaged(path)));
  t.notOk(isStaged(place.path));

  commit(rig.spool.layout, place);
  await publishOutputs(rig.spool, staged);
  t.match(rig.counts(), { 'in/done': 1, 'out/new': 1, 'archive/new': 1 });
  const { name, file, message } = await rig.only('archive', 'new');
  t.equal(name.id, outputId(input, 'archive', 1));
  t.equal(message, 'two');
  t.match(file.meta, { list: 'a@b', origin: input }, 'it says where it came from');

  await publishOutputs(rig.spool, staged);
  t.match(rig.counts(), { 'out/new': 1, 'archive/new': 1 }, 'published again, nothing is added');
});

await t.test('names and files are synced before the input is committed', async (t) => {
  using rig = spoolRig(QUEUES);
  const place = await rig.putActive('in');
  const synced: string[] = [];
  const spool = { ...rig.spool, syncDirectory: async (path: string) => void synced.push(path) };
  const outputs = [output('out', '1'), output('out', '2'), output('archive', '3')];
  const staged = await stageOutputs(spool, { queue: 'in', id: place.name.id }, outputs);
  const { directory } = rig.spool.layout;
  t.strictSame(
    synced.splice(0),
    [directory('out', 'tmp'), directory('archive', 'tmp')],
    'each directory once',
  );
  await publishOutputs(spool, staged);
  t.strictSame(synced, [directory('out', 'new'), directory('archive', 'new')]);
});

await t.test('a repeat writes over what an earlier try left', async (t) => {
  using rig = spoolRig(QUEUES);
  const place = await rig.putActive('in');
  const input = { queue: 'in', id: place.name.id };
  const first = await stageOutputs(rig.spool, input, [output('out', 'first')]);
  const second = await stageOutputs(rig.spool, input, [output('out', 'second')]);
  t.strictSame(second, first);
  await publishOutputs(rig.spool, second);
  t.equal((await rig.only('out', 'new')).message, 'second');
});

await t.test('an output that cannot be written takes the others with it', async (t) => {
  using rig = spoolRig(QUEUES);
  const place = await rig.putActive('in');
  const input = { queue: 'in', id: place.name.id };
  const bad = [output('out', '1'), output('nowhere', '2')];
  await t.rejects(stageOutputs(rig.spool, input, bad), { status: 67, message: /no queue "nowhere"/ });
  rmdirSync(rig.spool.layout.directory('archive', 'tmp'));
  await t.rejects(stageOutputs(rig.spool, input, [output('out', '1'), output('archive', '2')]), {
    code: 'ENOENT',
  });
  t.match(rig.counts(), { 'in/active': 1 });
  t.strictSame(rig.files('out', 'tmp'), []);
});

await t.test('a queue whose new/ is missing has not got its output', async (t) => {
  using rig = spoolRig(QUEUES);
  const place = await rig.putActive('in');
  const staged = await stageOutputs(rig.spool, { queue: 'in', id: place.name.id }, [output('out', '1')]);
  const directory = rig.spool.layout.directory('out', 'new');
  rmdirSync(directory);
  await t.rejects(publishOutputs(rig.spool, staged), { code: 'ENOENT' });
  mkdirSync(directory);
  await publishOutputs(rig.spool, staged);
  t.match(rig.counts(), { 'out/new': 1 });
});

await t.test('what is staged is found by its input', async (t) => {
  using rig = spoolRig(QUEUES);
  const [one, two] = [await rig.putActive('in'), await rig.putActive('in')];
  const stage = (id: string, ...queues: string[]) =>
    stageOutputs(
      rig.spool,
      { queue: 'in', id },
      queues.map((queue) => output(queue, 'x')),
    );
  const first = await stage(one.name.id, 'out', 'archive');
  const second = await stage(two.name.id, 'out');
  rig.write('out/tmp/README', 'x');
  rig.write('out/tmp/a@in', 'x');
  const staged = findStaged(rig.spool).of('in');
  t.strictSame([...staged.keys()].sort(), [one.name.id, two.name.id]);
  t.strictSame(staged.get(two.name.id), second);
  t.equal(findStaged(rig.spool).of('out').size, 0, 'of another queue there is nothing');
  dropOutputs(first);
  dropOutputs(first);
  t.strictSame([...findStaged(rig.spool).of('in').keys()], [two.name.id]);
  t.equal(dirname(second[0]?.path ?? ''), rig.spool.layout.directory('out', 'tmp'));
});

await t.test('a tmp/ that cannot be looked into is told, and the others are looked into', async (t) => {
  using rig = spoolRig(QUEUES);
  const place = await rig.putActive('in');
  await stageOutputs(rig.spool, { queue: 'in', id: place.name.id }, [output('archive', 'x')]);
  rmdirSync(rig.spool.layout.directory('out', 'tmp'));
  rig.write('out/tmp', 'a file in its place');
  const { of, trouble } = findStaged(rig.spool);
  t.match(trouble, { code: 'ENOTDIR' });
  t.equal(of('in').size, 1);
});

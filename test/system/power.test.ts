import { basename } from 'node:path';
import t, { type Test } from 'tap';
import { MOVES } from '../../lib/spool/state.ts';
import { fakeServer } from '../deliver/fake-server.ts';
import { skipReason } from '../support/lab-needs.ts';
import type { Outcome } from '../support/power-account.ts';
import { firstTree } from '../support/power-cuts.ts';
import { type Findings, prove } from '../support/power-proof.ts';
import { type Command, type Promises, type Recording, record } from '../support/power-record.ts';
import { inject, MEMBERS, OUTCOMES, type PowerRig, powerRig, RUN } from '../support/power-rig.ts';
import { readTree, type Tree } from '../support/power-tree.ts';

const skip = skipReason({ programs: ['strace'] });
const SEED = Number(process.env.QRUNNER_SEED ?? 1);
const MAILDIR = '{ type: maildir, path: disk/mail }';

/** Steps that carry no promise: a sync that makes nothing else safe may be left out, and why. */
const EXPLAINED: Readonly<Record<string, string>> = {
  'new→active': 'a claim that is forgotten is made again; only its count is lost',
  'deferred→active': 'the same',
  'active→new': 'put back or not: the next run begins with it in either state',
  'active→deferred': 'forgotten, the work is done again and deferred again; nothing has left the entry',
  'active→shunt': 'the same',
  'active→bad': 'the same',
  'new→bad': 'the same',
  'deferred→bad': 'the same',
  'done→': 'an input that is in done again has no outputs in tmp any more; recovery removes it',
  '→tmp': 'what is in tmp was not promised; a rename out of it takes the name along',
  'tmp→': 'the same',
  'staged→new':
    'recovery publishes again what is back in tmp, and whoever takes it away syncs that first; the sync is for a run over the output’s queue alone, which publishes nothing',
  'staged→': 'recovery removes it again, or the repeat replaces it',
  '→lock': 'a lock file that is missing is made',
  '→bell': 'bells are hints',
  'bell→': 'the same',
  'line file→': 'a journal without an entry says nothing to anybody',
  'reason→': 'a reason without an entry may stay',
  '→half of FORMAT': 'a spool without FORMAT is made again, and what is there stays',
  'half of FORMAT→FORMAT': 'the same',
  'minute→': 'an empty minute is no work',
};

const findings: Findings = { kinds: new Map(), words: new Set() };

async function proveAll(t: Test, rig: PowerRig, recording: Recording): Promise<void> {
  const explained = new Set(Object.keys(EXPLAINED));
  const { wrong, summary } = await prove(recording, rig.judge, SEED, explained, findings);
  t.comment(`${summary}; ${rig.byProgram()} runs by the built program`);
  t.equal(wrong.length, 0, 'no cut loses or doubles anything');
  for (const words of wrong.slice(0, 10)) t.fail(words);
}

/** A spool as its first command leaves it. */
async function madeSpool({ lab, root }: PowerRig): Promise<Tree> {
  await lab.must(['queue']);
  return readTree(root);
}

const done = (...effects: string[]): Outcome => ({ places: [], effects });
const sent = (token: string): Outcome => done(...MEMBERS.map((member) => `${token}/${member}`));
const BAD: Outcome = { places: ['work/bad'], effects: [] };

/** Files that are no entries, one under a proper name. */
function withStrangers(base: Tree): { base: Tree; before: Promises } {
  const strangers = {
    'new/1795549014759000-74950cd76529da19891f': 'token-n1',
    'new/not-an-entry': 'token-n2',
    'deferred/20200101T0000Z/not-one-either': 'token-n3',
  };
  const before = Object.fromEntries(Object.values(strangers).map((token) => [token, [BAD]]));
  const files = Object.entries(strangers).map(([path, token]): [string, Buffer] => [
    `spool/work/${path}`,
    Buffer.from(`for nobody: ${token}\n`),
  ]);
  return { base: new Map([...base, ['spool/work/deferred/20200101T0000Z', null], ...files]), before };
}

// Thousands of cuts: longer than other tests may take.
t.setTimeout(900_000);

await t.test('the first message, which makes the spool', { skip }, async (t) => {
  using rig = await powerRig(MAILDIR);
  await proveAll(t, rig, await record(rig.lab, rig.root, [inject('hop', 'token-a', OUTCOMES.hop)]));
});

await t.test('verdicts without outputs, and what is no entry', { skip }, async (t) => {
  using rig = await powerRig(MAILDIR);
  const commands = [
    inject('later', 'token-a', OUTCOMES.later),
    inject('act', 'token-b', done('token-b')),
    inject('shunt', 'token-c', OUTCOMES.shunt),
    inject('act', 'token-d', done('token-d')),
    inject('act', 'token-e', done('token-e')),
    RUN,
  ];
  const from = withStrangers(await madeSpool(rig));
  await proveAll(t, rig, await record(rig.lab, rig.root, commands, from));
});

/** The id of the entry in the queue `work` with this token. */
function idOf(tree: Tree, token: string): string {
  for (const [path, bytes] of tree) {
    if (path.startsWith('spool/work/') && bytes?.includes(`${token}\n`)) {
      return /\d{16}-[0-9a-f]{20}/.exec(basename(path).replace(/^\d{16}-(?=\d{16}-)/, ''))?.[0] ?? '';
    }
  }
  throw new Error(`no entry with ${token}`);
}

await t.test('moves of a person', { skip }, async (t) => {
  using rig = await powerRig(MAILDIR);
  const { lab, root } = rig;
  let before: Promises = { 'token-n1': [BAD], 'token-n2': [BAD] };
  const put = async (command: Command): Promise<void> => {
    before = { ...before, ...command.promises };
    await lab.must(command.args(), { input: command.input ?? '' });
  };
  await put(inject('hold', 'token-a', OUTCOMES.hold));
  await put(inject('hold', 'token-b', OUTCOMES.hold));
  await put(inject('shunt', 'token-c', OUTCOMES.shunt));
  await put(inject('later', 'token-d', OUTCOMES.later));
  await put(inject('shunt', 'token-f', OUTCOMES.shunt));
  await lab.must(RUN.args());
  await put(inject('hop', 'token-e', OUTCOMES.hop));
  const bad = ['token-n1', 'token-n2'].flatMap((token, number): [string, Buffer][] => {
    const path = `spool/work/bad/179554901475900${number}-74950cd76529da19891f`;
    const reason = Buffer.from('2026-11-24T12:00:00.000Z why\n');
    return [
      [path, Buffer.from(`for nobody: ${token}\n`)],
      [`${path}.reason`, reason],
    ];
  });
  const base: Tree = new Map([...readTree(root), ...bad]);
  const move = (name: string, token: string, promise: Outcome): Command => ({
    args: () => ['queue', name, idOf(readTree(root), token)],
    promises: { [token]: [promise] },
  });
  const held: Outcome = { places: ['work/held'], effects: [] };
  const noticed: Outcome = { places: ['left/deferred:0'], effects: [] };
  const commands = [
    move('hold', 'token-e', held),
    move('hold', 'token-d', held),
    move('release', 'token-a', { ...noticed, effects: ['token-a'] }),
    move('delete', 'token-b', noticed),
    move('release', 'token-c', OUTCOMES.shunt),
    move('delete', 'token-d', done()),
    move('delete', 'token-f', done()),
    move('release', 'token-n1', BAD),
    move('delete', 'token-n2', done()),
    move('release', 'token-e', OUTCOMES.hop),
  ];
  await proveAll(t, rig, await record(lab, root, commands, { base, before }));
});

/** A mail server that notes what it took, and the transport that leads to it, over one connection. */
async function notingServer(t: Test) {
  let recipient = '';
  const notes: string[] = [];
  const server = await fakeServer(t, {
    command: (line) => {
      recipient = /^RCPT TO:<([^>]*)>/.exec(line)?.[1] ?? recipient;
      return undefined;
    },
    message: (bytes) => {
      const effect = `${/token-\w+/.exec(bytes.toString('latin1'))?.[0]}/${recipient}`;
      notes.push(effect);
      return `250 2.0.0 effect ${effect}`;
    },
  });
  const transport = `{ type: smtp, host: 127.0.0.1, port: ${server.port}, tls: never, connections: 1 }`;
  return { notes, transport };
}

await t.test('delivery by SMTP, with its journal, into queues that came later', { skip }, async (t) => {
  const { notes, transport } = await notingServer(t);
  using rig = await powerRig(transport, notes);
  const made = await madeSpool(rig);
  const base = new Map([...made].filter(([path]) => !/^spool\/(work|out)(\/|$)/.test(path)));
  const commands = [
    inject('mail', 'token-a', sent('token-a')),
    RUN,
    inject('mail', 'token-b', sent('token-b')),
    RUN,
  ];
  await proveAll(t, rig, await record(rig.lab, rig.root, commands, { base }));
});

await t.test('two messages side by side over one connection', { skip }, async (t) => {
  const { notes, transport } = await notingServer(t);
  // One is in flight; and the last one of the other entry, whose removal shares its sync with what comes a moment later.
  using rig = await powerRig(transport, notes, 2);
  const commands = [
    inject('mail', 'token-a', sent('token-a')),
    inject('mail', 'token-b', sent('token-b')),
    RUN,
  ];
  await proveAll(t, rig, await record(rig.lab, rig.root, commands, { base: await madeSpool(rig) }));
});

await t.test('delivery into Maildirs', { skip }, async (t) => {
  using rig = await powerRig(MAILDIR);
  const sent: Outcome = { places: MEMBERS.map((member) => `mail/${member}`), effects: [] };
  const commands = [inject('mail', 'token-a', sent), RUN];
  await proveAll(t, rig, await record(rig.lab, rig.root, commands, { base: await madeSpool(rig) }));
});

/** True when each pattern fits one of the paths. */
const has = (paths: readonly string[], ...patterns: RegExp[]) =>
  patterns.every((pattern) => paths.some((path) => pattern.test(path)));

await t.test('recovery', { skip }, async (t) => {
  using rig = await powerRig(MAILDIR);
  const { lab, root } = rig;
  const commands = [inject('hop', 'token-a', OUTCOMES.hop), inject('hold', 'token-b', OUTCOMES.hold), RUN];
  const source = await record(lab, root, commands, { base: await madeSpool(rig) });
  const moments: Readonly<Record<string, (paths: readonly string[]) => boolean>> = {
    'before the commit': (paths) => has(paths, /right\/tmp\/.*@work@/, /work\/active\/\d/),
    'after the commit': (paths) => has(paths, /@work@/, /work\/done\/\d/),
    'after some were published': (paths) => has(paths, /@work@/, /work\/done\/\d/, /(left|right)\/new\/\d/),
    'after a hold': (paths) => has(paths, /@work@/, /work\/held\/\d[^.]*$/),
  };
  for (const [name, isWanted] of Object.entries(moments)) {
    await t.test(name, async (t) => {
      await proveAll(t, rig, await record(lab, root, [RUN], firstTree(source, isWanted)));
    });
  }
  await t.test('of what three runs died over', async (t) => {
    const { base, before } = firstTree(source, (paths) => has(paths, /work\/active\/\d/));
    const poison = [...base].map(([path, bytes]): [string, Buffer | null] => [
      path.replace(/(work\/active\/.*),c1$/, '$1,c3'),
      bytes,
    ]);
    const from = { base: new Map(poison), before: { ...before, 'token-a': [OUTCOMES.shunt] } };
    await proveAll(t, rig, await record(lab, root, [RUN], from));
  });
});

await t.test('hops', { skip }, async (t) => {
  using rig = await powerRig(MAILDIR);
  const long = 'a long line\n'.repeat(6_000);
  const commands = [
    inject('again', 'token-a', OUTCOMES.again),
    inject('hop', 'token-b', OUTCOMES.hop, long),
    inject('hold', 'token-c', OUTCOMES.hold),
    RUN,
  ];
  await proveAll(t, rig, await record(rig.lab, rig.root, commands, { base: await madeSpool(rig) }));
});

await t.test('every kind of sync is needed, or explained', { skip }, async (t) => {
  for (const [kind, wrong] of findings.kinds) t.ok(wrong, `without the sync of ${kind}: ${wrong}`);
});

await t.test('every move of the table was made', { skip }, async (t) => {
  const words = new Set(MOVES.map(({ from, to }) => `${from ?? ''}→${to ?? ''}`));
  // Half a message that is 36 hours old; the model knows no times, and nothing depends on it.
  words.delete('tmp→');
  for (const word of words) t.ok(findings.words.has(word), word);
});

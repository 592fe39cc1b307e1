import { join } from 'node:path';
import t from 'tap';
import { INN_PROGRAMS, type Inn, makeInn } from '../support/inn.ts';
import { entriesOf, type Lab, makeLab, makeList, placesOf, processesOf, releaseAll } from '../support/lab.ts';
import { bodyOf, fieldOf } from '../support/lab-mail.ts';
import { skipReason, userNamed } from '../support/lab-needs.ts';
import { freePort } from '../support/lab-server.ts';

const skip = skipReason({ programs: INN_PROGRAMS, users: ['news', 'list'] });
const ADA = 'ada@members.example';

/** Lines that a protocol of lines might touch. */
const BODY = Buffer.from(
  '.\n..two\n.signature\ncaf\xe9 \xc3\xa9 \t \n\n\nFrom here\n--\nlast line\n',
  'latin1',
);

function article(id: string, extra = ''): Buffer {
  const date = new Date().toUTCString().replace('GMT', '+0000');
  const head = `From: Ada <${ADA}>\nTo: friends@lists.example\nSubject: news ${id}
Message-ID: <${id}@members.example>\nDate: ${date}\nReceived: from a by b; ${date}
${extra}MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n`;
  return Buffer.concat([Buffer.from(head), BODY]);
}

/** A site whose list `friends` goes to a newsgroup of an INN, which runs or does not. */
async function makeNews(port: number, group = 'test.friends'): Promise<Lab> {
  const user = userNamed('list');
  const lab = makeLab({ user, yaml: `news: { host: 127.0.0.1, port: ${port} }\n` });
  await makeList(lab, 'friends', [ADA], { yaml: `newsgroup: ${group}\nsubject_prefix: ""\n` });
  return lab;
}

const post = (lab: Lab, message: Buffer) =>
  lab.must(['inject', 'friends', '--sender', ADA], { input: message });

function startInn(lab: Lab, access: 'RP' | 'RPA'): Promise<Inn> {
  const groups = { 'test.friends': 'y', 'test.moderated': 'm' } as const;
  return makeInn(join(lab.root, 'inn'), { env: lab.env, groups, access });
}

await t.test('a gatewayed list and INN', { skip }, async (t) => {
  using home = makeLab();
  await using inn = await startInn(home, 'RP');
  await inn.start();

  await t.test('a post becomes an article, byte for byte', async (t) => {
    using lab = await makeNews(inn.port);
    await post(lab, article('first', 'Newsgroups: forged.group\nXref: somewhere 1\n'));
    const { status, stderr } = await lab.run(['--all', '--once', '-v']);
    t.equal(status, 0, stderr);
    t.strictSame(await placesOf(lab), []);
    t.equal(await inn.count('test.friends'), 1);
    const stored = await inn.article('test.friends', 1);
    t.strictSame(bodyOf(stored), BODY);
    t.equal(fieldOf(stored, 'Newsgroups'), 'test.friends');
    t.equal(fieldOf(stored, 'Message-ID'), '<first@members.example>');
    t.equal(fieldOf(stored, 'Subject'), 'news first');
    t.equal(fieldOf(stored, 'Received'), null);
    t.match(fieldOf(stored, 'List-Id'), /friends\.lists\.example/);
    t.strictSame(processesOf(lab), []);
  });

  await t.test('the same article again is a duplicate, and done', async (t) => {
    using lab = await makeNews(inn.port);
    await post(lab, article('first'));
    const { status, stderr } = await lab.run(['--all', '--once', '-v']);
    t.equal(status, 0, stderr);
    t.match(stderr, /queue=news .*note=duplicate/);
    t.strictSame(await placesOf(lab), []);
    t.equal(await inn.count('test.friends'), 1);
  });

  await t.test('many at once, over one connection', async (t) => {
    using lab = await makeNews(inn.port);
    const before = await inn.count('test.friends');
    for (let number = 0; number < 5; number++) await post(lab, article(`many-${number}`));
    await lab.must(['--all', '--once']);
    t.equal((await inn.count('test.friends')) - before, 5);
    t.strictSame(await placesOf(lab), []);
  });

  await t.test('a group that is not there: a person must look', async (t) => {
    using lab = await makeNews(inn.port, 'test.nowhere');
    await post(lab, article('nowhere'));
    await lab.must(['--all', '--once']);
    t.strictSame(await placesOf(lab), ['news/shunt']);
    t.match(await lab.must(['--json', 'queue', 'ls', 'news']), /refused/);
  });
});

await t.test('a moderated group takes posts from who may approve', { skip }, async (t) => {
  using home = makeLab();
  await using inn = await startInn(home, 'RPA');
  await inn.start();
  using lab = await makeNews(inn.port, 'test.moderated');
  await post(lab, article('approved'));
  await lab.must(['--all', '--once']);
  t.strictSame(await placesOf(lab), []);
  t.equal(fieldOf(await inn.article('test.moderated', 1), 'Approved'), 'friends@lists.example');
});

await t.test('a server that is down', { skip }, async (t) => {
  using home = makeLab();
  await using inn = await startInn(home, 'RP');
  using lab = await makeNews(inn.port);
  await post(lab, article('patient'));
  const started = Date.now();
  const { status, stderr } = await lab.run(['--all', '--once', '-v']);
  t.equal(status, 0, stderr);
  const [entry, ...more] = await entriesOf(lab);
  t.match(entry, { queue: 'news', state: 'deferred' });
  t.strictSame(more, []);
  t.ok((entry?.dueAt ?? 0) > started + 60_000, 'due in minutes, not at once');

  await inn.start();
  await lab.must(['--all', '--once']);
  t.strictSame(await placesOf(lab), ['news/deferred'], 'not before its time');
  await releaseAll(lab);
  await lab.must(['--all', '--once']);
  t.strictSame(await placesOf(lab), []);
  t.strictSame(bodyOf(await inn.article('test.friends', 1)), BODY);
});

await t.test('a port where nobody listens', { skip }, async (t) => {
  using lab = await makeNews(await freePort());
  await post(lab, article('nobody'));
  await lab.must(['--all', '--once']);
  t.strictSame(await placesOf(lab), ['news/deferred']);
});

import { symlinkSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { formatProblem } from '../../lib/config/format-problem.ts';
import { loadConfiguration } from '../../lib/config/load.ts';

const SITE = 'domain: example.org\nowner: ada@example.org\n';
const LIST = 'owners: [ada@example.org]\n';

/** Every problem as it is shown, without the fixes. */
async function told(dir: string): Promise<string[]> {
  const { problems } = await loadConfiguration(path.join(dir, 'qrunner.yaml'));
  return problems.map((problem) => formatProblem(problem, { base: dir }).split('\n')[0] ?? '');
}

await t.test('a site and its lists', async (t) => {
  const dir = t.testdir({
    'qrunner.yaml': SITE,
    lists: {
      'dev.yaml': LIST,
      'dev@other.example.yaml': LIST,
      '.#dev.yaml': 'of an editor',
      'dev.yaml~': 'of an editor',
      README: 'no list',
    },
  });
  const { configuration, problems } = await loadConfiguration(path.join(dir, 'qrunner.yaml'));
  t.same(problems, []);
  t.same([...(configuration?.lists.keys() ?? [])], ['dev@example.org', 'dev@other.example']);
  t.equal(configuration?.site.file, path.join(dir, 'qrunner.yaml'));
  t.equal(configuration?.lists.get('dev@other.example')?.messageSize, configuration?.site.limits.messageSize);
});

await t.test('every mistake of every file at once', async (t) => {
  const dir = t.testdir({
    'qrunner.yaml': `# the site
domain: example.org
spoool: /var/spool/lists
transport:
  type: smpt
  host: mail.example.org
limits:
  message_size: 25 MB
retry: { first: 5 }
queues:
  to-chat:
    exec: [cat]
`,
    lists: {
      'a-request.yaml': LIST,
      'bad.yaml': 'owners: [\n',
      'dev.yaml': 'owners: [ada]\ncopy_to: [to-chat, to-chta]\nnewsgroup: a.b\n',
      'dev@example.org.yaml': LIST,
      'old.yml': LIST,
    },
  });
  t.same(await told(dir), [
    'qrunner.yaml:1:1: owner: found no key "owner", which must be there',
    'qrunner.yaml:3:1: spoool: found the key "spoool", wanted one of domain, owner, spool, state, lists, archive, ' +
      'transport, routes, news, limits, retry, bounces, retention, queues, systemd',
    'qrunner.yaml:5:9: transport.type: found "smpt", wanted one of maildir, smtp, lmtp, mx, sendmail',
    'qrunner.yaml:8:17: limits.message_size: found "25 MB", wanted a size such as 40KB or 25MB',
    'qrunner.yaml:9:17: retry.first: found 5, wanted a duration such as 90s, 5m, 4h or 5d',
    'qrunner.yaml:12:12: queues.to-chat.exec[0]: found "cat", wanted a path with a slash: no search path is used',
    'lists/a-request.yaml:1:1: found "a-request" as the name of a list, but what ends in "-request" is mail for ' +
      'the list "a", never a post',
    'lists/bad.yaml:2:1: found "", not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    'lists/dev.yaml:1:10: owners[0]: found "ada", wanted an address such as ada@example.org',
    'lists/dev.yaml:2:20: copy_to[1]: found "to-chta", wanted a queue that is in queues of qrunner.yaml (to-chat)',
    'lists/dev.yaml:3:12: newsgroup: found "a.b", but the site has no news server',
    'lists/dev@example.org.yaml:1:1: found a second list with the address "dev@example.org", the first is "dev.yaml"',
    'lists/old.yml:1:1: found the file name "old.yml", wanted one that ends in .yaml',
  ]);
  t.equal((await loadConfiguration(path.join(dir, 'qrunner.yaml'))).configuration, null);
});

await t.test('a list with a mistake stops all of it', async (t) => {
  const dir = t.testdir({ 'qrunner.yaml': SITE, lists: { 'a.yaml': LIST, 'b.yaml': '' } });
  t.same(await told(dir), ['lists/b.yaml:1:1: owners: found no key "owners", which must be there']);
});

await t.test('the directory of the lists', async (t) => {
  const dir = t.testdir({ 'qrunner.yaml': `${SITE}lists: elsewhere\n` });
  t.same(await told(dir), [
    `qrunner.yaml:3:8: lists: found no directory "${path.join(dir, 'elsewhere')}", wanted the directory of the lists' files`,
  ]);
  const { problems } = await loadConfiguration(path.join(dir, 'qrunner.yaml'));
  t.equal(problems[0]?.fix, `mkdir ${path.join(dir, 'elsewhere')}`);
  t.match(await told(t.testdir({ 'qrunner.yaml': `${SITE}lists: file\n`, file: '' })), [
    /:3:8: lists: found .*ENOTDIR/,
  ]);
});

await t.test('files that cannot be read', async (t) => {
  const dir = t.testdir({ 'qrunner.yaml': SITE, lists: { 'dir.yaml': {} } });
  symlinkSync('nowhere', path.join(dir, 'lists/gone.yaml'));
  t.match(await told(dir), [
    /^lists\/dir\.yaml:1:1: cannot be read: EISDIR/,
    /^lists\/gone\.yaml:1:1: cannot be read: ENOENT/,
  ]);
  t.match(await told(t.testdir({})), [/^qrunner\.yaml:1:1: cannot be read: ENOENT/]);
});

await t.test('empty, or no mapping', async (t) => {
  t.match(await told(t.testdir({ 'qrunner.yaml': '', lists: {} })), [
    /1:1: domain: found no key/,
    /1:1: owner: found no key/,
  ]);
  t.match(await told(t.testdir({ 'qrunner.yaml': '- a\n', lists: {} })), [
    /^qrunner.yaml:1:1: found a sequence, wanted a mapping/,
  ]);
});

await t.test('two keys of one name do not hide other mistakes', async (t) => {
  const dir = t.testdir({ 'qrunner.yaml': `${SITE}domain: b.example\nlimits: { failures: x }\n`, lists: {} });
  t.match(await told(dir), [/:3:1: domain: .* twice/, /:4:21: limits\.failures: found "x"/]);
});

await t.test('a symbolic link to the site: paths count from the link', async (t) => {
  const dir = t.testdir({ real: { 'site.yaml': SITE }, etc: { lists: { 'a.yaml': LIST } } });
  symlinkSync('../real/site.yaml', path.join(dir, 'etc/qrunner.yaml'));
  const { configuration } = await loadConfiguration(path.join(dir, 'etc/qrunner.yaml'));
  t.equal(configuration?.site.lists, path.join(dir, 'etc/lists'));
  t.equal(configuration?.lists.size, 1);
});

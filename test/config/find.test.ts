import path from 'node:path';
import t from 'tap';
import { type FindOptions, findSiteFile, type Kind } from '../../lib/config/find.ts';

const home = '/home/ada';

/** A file system of just these files and directories (a directory ends in a slash). */
const only =
  (...paths: string[]) =>
  (file: string): Kind =>
    paths.includes(file) ? 'file' : paths.includes(`${file}/`) ? 'directory' : 'none';

const everything = only(
  '/opt/a.yaml',
  '/opt/b.yaml',
  '/etc/qrunner/qrunner.yaml',
  '/home/ada/.config/qrunner/qrunner.yaml',
);

/** The file that is found, by default among {@link everything}. */
function file(options: Partial<FindOptions>): string | null {
  return findSiteFile({ env: {}, home, exists: everything, ...options }).file;
}

await t.test('the order', async (t) => {
  const env = { QRUNNER_CONFIG: '/opt/b.yaml' };
  t.equal(file({ option: '/opt/a.yaml', env }), '/opt/a.yaml');
  t.equal(file({ env }), '/opt/b.yaml');
  t.equal(file({}), '/etc/qrunner/qrunner.yaml');
  t.equal(file({ env: { QRUNNER_CONFIG: '' } }), '/etc/qrunner/qrunner.yaml', 'an empty variable is none');
  const exists = only('/home/ada/.config/qrunner/qrunner.yaml');
  t.equal(file({ exists }), '/home/ada/.config/qrunner/qrunner.yaml');
});

await t.test('what is named outright is not replaced', async (t) => {
  t.same(findSiteFile({ option: '/opt/none.yaml', env: {}, home, exists: everything }), {
    file: null,
    tried: ['/opt/none.yaml'],
  });
  const env = { QRUNNER_CONFIG: '/opt/none.yaml' };
  t.equal(findSiteFile({ env, home, exists: everything }).file, null);
});

await t.test('a directory means the qrunner.yaml in it', async (t) => {
  const exists = only('/srv/lists/', '/srv/lists/qrunner.yaml', '/srv/empty/');
  t.equal(findSiteFile({ option: '/srv/lists', env: {}, home, exists }).file, '/srv/lists/qrunner.yaml');
  t.same(findSiteFile({ option: '/srv/empty', env: {}, home, exists }), {
    file: null,
    tried: ['/srv/empty/qrunner.yaml'],
  });
});

await t.test('the user’s directory, and what was tried', async (t) => {
  const exists = only('/xdg/qrunner/qrunner.yaml');
  t.equal(findSiteFile({ env: { XDG_CONFIG_HOME: '/xdg' }, home, exists }).file, '/xdg/qrunner/qrunner.yaml');
  t.same(findSiteFile({ env: { XDG_CONFIG_HOME: 'relative' }, home, exists }), {
    file: null,
    tried: ['/etc/qrunner/qrunner.yaml', '/home/ada/.config/qrunner/qrunner.yaml'],
  });
});

await t.test('on disk, from a relative path', async (t) => {
  const dir = t.testdir({ site: { 'qrunner.yaml': '' } });
  const option = path.relative(process.cwd(), path.join(dir, 'site'));
  t.equal(findSiteFile({ option, env: {}, home }).file, path.join(dir, 'site/qrunner.yaml'));
  t.equal(findSiteFile({ option: `${option}/none.yaml`, env: {}, home }).file, null);
});

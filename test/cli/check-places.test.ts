import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { placeProblems } from '../../lib/cli/check-places.ts';
import { serverSettings, siteSettings } from '../support/settings.ts';

const SMTP = serverSettings();

await t.test('places that are there, or can be made', async (t) => {
  const dir = t.testdir({ spool: {} });
  t.same(placeProblems(siteSettings(dir)), []);
  t.same(placeProblems(siteSettings(join(dir, 'deep', 'below'))), []);
});

await t.test('a file in the place of a directory', async (t) => {
  const dir = t.testdir({ spool: 'x', mail: 'x', state: {} });
  t.match(placeProblems(siteSettings(dir)), [
    {
      path: 'spool',
      file: join(dir, 'qrunner.yaml'),
      message: `${dir}/spool is not a directory`,
      fix: /mv /,
    },
    { path: 'transport.path', message: `${dir}/mail is not a directory` },
  ]);
  t.match(placeProblems(siteSettings(dir, { spool: `${dir}/spool/below`, transport: SMTP })), [
    { path: 'spool', message: `${dir}/spool is not a directory` },
  ]);
  const routes = { 'a.example': SMTP, 'b.example': { type: 'maildir', path: `${dir}/mail` } } as const;
  t.match(placeProblems(siteSettings(dir, { spool: `${dir}/new`, transport: SMTP, routes })), [
    { path: 'routes.b.example.path', message: `${dir}/mail is not a directory` },
  ]);
});

await t.test('a directory nobody can write', async (t) => {
  const site = siteSettings(t.testdir({ spool: {} }), { transport: SMTP });
  chmodSync(site.spool, 0o555);
  const module = new URL('../../lib/cli/check-places.js', import.meta.url).href;
  // Root may write everywhere, so a child without his rights looks.
  const script = `import { placeProblems } from ${JSON.stringify(module)};
    if (process.getuid() === 0) process.setuid(65534);
    console.log(JSON.stringify(placeProblems(${JSON.stringify(site)})));`;
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  const problems: unknown = JSON.parse(out);
  t.match(problems, [
    { path: 'spool', message: /^\/.* cannot be written by user \d+$/, fix: /: chown -R \d+ \// },
  ]);
});

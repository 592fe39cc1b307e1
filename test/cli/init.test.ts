import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { callMain, privateEnv } from '../support/site-rig.ts';

await t.test('what init writes checks clean, and works', async (t) => {
  const dir = join(t.testdir(), 'site');
  const env = privateEnv(dir);
  const args = ['--domain', 'lists.example.org', '--owner', 'ada@example.org'];
  const { status, out, err } = await callMain(['init', dir, ...args], env);
  t.same([status, err], [0, '']);
  t.match(out, `Wrote ${dir}/qrunner.yaml. Next:`);
  t.match(out, `qrunner --config ${dir} check\n`);
  const call = (...words: string[]) => callMain(['-C', dir, ...words], env);
  t.match(await call('check'), { status: 0, out: /right, 0 lists/ });
  t.match(await call('list'), { status: 0, out: /^No lists\. Make one: qrunner list create/ });
  t.match(await call('list', 'create', 'tea', '--owner', 'ada@example.org'), { status: 0 });
  t.match(await call('check'), { status: 0, out: /right, 1 list\n/ });
  t.match(await callMain(['-C', dir, 'inject', 'tea'], env, 'From: ada@example.org\n\nhi\n'), { status: 0 });
  t.match(await call('-a', '-o'), { status: 0 });
  t.ok(
    existsSync(join(dir, 'state', 'archive', 'tea@lists.example.org', 'new')),
    'below the site by default',
  );
});

await t.test('defaults of its own, and directories elsewhere', async (t) => {
  const dir = t.testdir();
  const env = privateEnv(dir);
  t.equal(
    (await callMain(['init', dir, '--spool', join(dir, 'a b'), '--state', join(dir, 'c')], env)).status,
    0,
  );
  t.match(await callMain(['-C', dir, 'check'], env), { status: 0 });
  const text = readFileSync(join(dir, 'qrunner.yaml'), 'utf8');
  t.match(text, `spool: ${JSON.stringify(join(dir, 'a b'))}`);
  t.match(text, /^owner: postmaster@/m);
});

await t.test('what is there is left alone', async (t) => {
  const dir = t.testdir({ 'qrunner.yaml': 'mine' });
  const { status, err } = await callMain(['init', dir], privateEnv(dir));
  t.equal(status, 64);
  t.match(err, /is there already; it was left as it is/);
  t.equal(readFileSync(join(dir, 'qrunner.yaml'), 'utf8'), 'mine');
});

await t.test('wrong words write nothing', async (t) => {
  const dir = t.testdir();
  const cases: [string[], RegExp][] = [
    [['--domain', 'no domain'], /cannot use the domain "no domain"/],
    [['--domain', 'x.org', '--owner', 'ada'], /cannot use the owner "ada": .*has no @/],
  ];
  for (const [args, words] of cases) {
    t.match(await callMain(['init', join(dir, 'site'), ...args], privateEnv(dir)), {
      status: 64,
      err: words,
    });
  }
  t.notOk(existsSync(join(dir, 'site')));
});

await t.test('a place that cannot be written is 75', async (t) => {
  const dir = t.testdir({ file: 'x' });
  t.match(await callMain(['init', join(dir, 'file', 'site')], privateEnv(dir)), {
    status: 75,
    err: /cannot write/,
  });
});

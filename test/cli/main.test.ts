import { Writable } from 'node:stream';
import t from 'tap';
import { main } from '../../lib/cli/main.ts';
import { VERSION } from '../../lib/cli/version.ts';
import { Captured, callMain, privateEnv, siteRig } from '../support/site-rig.ts';

await t.test('help and version', async (t) => {
  const env = privateEnv(t.testdir());
  t.same(await callMain(['--version'], env), { status: 0, out: `${VERSION}\n`, err: '' });
  t.equal((await callMain(['-V'], env)).out, `${VERSION}\n`);
  const { status, out, err } = await callMain(['--help'], env);
  t.same([status, err], [0, '']);
  for (const name of ['init', 'check', 'inject', 'queue', 'list', 'member']) t.match(out, `  ${name} `, name);
  t.match((await callMain(['member', '--help'], env)).out, 'add one member, or many');
  t.match((await callMain(['member', 'add', '--help'], env)).out, 'When a line is wrong, nothing is added');
  t.match(await callMain(['help', 'queue'], env), { status: 0, out: /give entries back/ });
});

await t.test('what is no command line exits with 64', async (t) => {
  const { call } = await siteRig(t);
  const wrong: [string[], RegExp][] = [
    [[], /^$/],
    [['--once'], /^$/],
    [['--all'], /say --once/],
    [['-r', 'out'], /say --once/],
    [['--all', '--once', '--wait', 'soon'], /cannot read --wait "soon"/],
    [['-r', 'outt', '-o'], /no runner "outt"/],
    [['--nonsense'], /unknown option '--nonsense'/],
    [['nonsense'], /no command "nonsense": there are init, check, inject/],
    [['inject'], /missing required argument 'list'/],
    [['inject', 'friends', '--to', 'nobody'], /no address "nobody": there are posting, owner/],
    [['inject', 'friends', '--queue', 'nowhere'], /no queue "nowhere"/],
    [['inject', 'friends', 'more'], /too many arguments/],
    [['queue', 'ls', 'nowhere'], /no queue "nowhere"/],
    [['queue', 'ls', 'in', 'nowhere'], /no state "nowhere"/],
    [['queue', 'release'], /missing required argument/],
    [['list', 'create', 'x'], /required option '--owner <address>'/],
    [['list', 'create', 'x', '--owner', 'olga'], /cannot make "olga" an owner: .* has no @/],
    [['list', 'rm', 'friends'], /say --yes to do it/],
    [['member', 'set', 'friends', 'a@x.org'], /say what to change/],
    [['member', 'set', 'friends', 'a@x.org', '--delivery', 'often'], /--delivery "often": wanted enabled/],
    [['member', 'frobnicate'], /unknown command 'frobnicate'/],
  ];
  for (const [args, words] of wrong) {
    const { status, err } = await call(args, 'From: a@x.org\n\nx\n');
    t.equal(status, 64, args.join(' '));
    t.match(err, words, args.join(' '));
    t.notMatch(err, /a bug|at .*\.js/, args.join(' '));
  }
});

await t.test('without a configuration: 78 and where it was looked for', async (t) => {
  const dir = t.testdir();
  const missing = ['--config', `${dir}/none.yaml`];
  for (const args of [['check'], ['--all', '--once'], ['queue'], ['list'], ['member', 'ls', 'friends']]) {
    const { status, err } = await callMain([...missing, ...args], privateEnv(dir));
    t.equal(status, 78, args.join(' '));
    t.match(err, `no configuration: looked at ${dir}/none.yaml`);
    t.match(err, 'qrunner init DIR');
  }
});

await t.test('the site from the environment', async (t) => {
  const site = await siteRig(t);
  const env = { ...privateEnv(site.dir), QRUNNER_CONFIG: site.dir };
  t.match(await callMain(['check'], env), { status: 0, out: /right, 1 list/ });
});

await t.test('a reader that goes away is no trouble', async (t) => {
  const site = await siteRig(t);
  const stdout = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
  const io = { stdin: process.stdin, stdout, stderr: new Captured(), env: privateEnv(site.dir) };
  t.equal(await main(['--config', site.dir, 'list', 'ls'], io), 0);
});

await t.test('a bug is said to be one', async (t) => {
  const stderr = new Captured();
  const env = new Proxy(
    {},
    {
      get: () => {
        throw new TypeError('a bug of a test');
      },
    },
  );
  const status = await main(['check'], { stdin: process.stdin, stdout: new Captured(), stderr, env });
  t.equal(status, 70);
  t.match(stderr.text, /^qrunner: a bug, please report it: TypeError: a bug of a test\n {4}at /);
});

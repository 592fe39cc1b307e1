import t from 'tap';
import { siteRig } from '../support/site-rig.ts';

await t.test('a site that is right', async (t) => {
  const site = await siteRig(t);
  t.same(await site.call(['check']), {
    status: 0,
    out: `${site.dir}/qrunner.yaml: right, 1 list\n`,
    err: '',
  });
  t.same(JSON.parse((await site.call(['--json', 'check'])).out), {
    file: `${site.dir}/qrunner.yaml`,
    problems: [],
    notes: [],
  });
});

await t.test('all mistakes at once, with place and fix', async (t) => {
  const site = await siteRig(t, { site: 'spoool: x\n', list: 'subscribe: perhaps\nverp: maybe\n' });
  const { status, out, err } = await site.call(['check']);
  t.equal(status, 78);
  t.equal(err, '');
  t.match(out, /qrunner\.yaml:6:1: spoool: .*\n {4}fix: /);
  t.match(out, /friends\.yaml:2:\d+: subscribe: .*\n {4}fix: /);
  t.match(out, /friends\.yaml:3:\d+: verp: /);
  t.match(out, /\n3 problems\n$/);
  const json: unknown = JSON.parse((await site.call(['--json', 'check'])).out);
  t.match(json, {
    problems: [{ line: 6, column: 1, path: 'spoool' }, { path: 'subscribe' }, { path: 'verp' }],
  });
});

await t.test('a mistake starts nothing', async (t) => {
  const site = await siteRig(t, { list: 'verp: maybe\n' });
  for (const args of [['-a', '-o'], ['queue'], ['member', 'ls', 'friends'], ['list', 'ls']]) {
    const { status, err } = await site.call(args);
    t.equal(status, 78, args.join(' '));
    t.match(
      err,
      /friends\.yaml:2:\d+: verp: .*\n.*fix: .*\nqrunner: the configuration has a mistake; nothing was/,
    );
  }
  t.same(site.lies(), {});
});

await t.test('places', async (t) => {
  const site = await siteRig(t, { files: { spool: 'a file' } });
  t.match(await site.call(['check']), {
    status: 78,
    out: /spool: .*spool is not a directory\n.*\n\n1 problem\n$/,
  });
});

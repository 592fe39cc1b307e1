import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { QUEUES } from '../../lib/config/queue-names.ts';
import { generateFiles } from '../../lib/units/generate.ts';
import { readSeal } from '../../lib/units/marker.ts';
import type { UnitPlan } from '../../lib/units/plan.ts';
import { read, root } from '../docs/source.ts';
import { siteSettings } from '../support/settings.ts';
import { checkedInPath, defaultPlan, SMTP, unitPlan } from '../support/units-rig.ts';

const names = (plan: UnitPlan) => generateFiles(plan).map(({ kind, name }) => `${kind} ${name}`);

await t.test('the files of each shape', async (t) => {
  const single = names(unitPlan());
  t.same(single, [
    'unit qrunner.target',
    'unit qrunner.service',
    'unit qrunner.path',
    'unit qrunner-sweep.timer',
    'unit qrunner-periodic.timer',
    'unit qrunner-periodic.service',
    'unit qrunner-lmtp.socket',
    'unit qrunner-lmtp.service',
    'sysusers qrunner.conf',
    'tmpfiles qrunner.conf',
  ]);
  const queues = { chat: { kind: 'module', path: '/m.js' } } as const;
  const perQueue = names(unitPlan({ shape: 'per-queue', name: 'b' }, { queues }));
  t.notOk(perQueue.includes('unit b.path'));
  for (const queue of [...QUEUES.map(({ name }) => name), 'chat'])
    for (const kind of ['path', 'service']) t.ok(perQueue.includes(`unit b-queue-${queue}.${kind}`), queue);
  const { systemd } = siteSettings('/s');
  t.notOk(
    names(unitPlan({}, { systemd: { ...systemd, lmtp: false } })).some((name) => name.includes('lmtp')),
  );
  t.notOk(names(unitPlan({ manager: 'user' })).some((name) => name.endsWith('.conf')));
});

await t.test('each is sealed and says where changes belong', async (t) => {
  for (const { text, name } of generateFiles(unitPlan({ manager: 'user' }))) {
    t.same(readSeal(text), { name: 'qrunner', whole: true }, name);
    t.ok(text.includes(`systemctl --user edit ${name}`), name);
  }
});

await t.test('the default units in systemd/ are what is made: else npm run units', async (t) => {
  const files = generateFiles(defaultPlan());
  for (const file of files) t.equal(read(checkedInPath(file)), file.text, file.name);
  const there = readdirSync(join(root, 'systemd'), { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  t.equal(there.length, files.length, 'and nothing else');
});

const NEEDED = spawnSync('systemd-analyze', ['--version']).error
  ? 'needs the program systemd-analyze'
  : false;

/** Writes the units where systemd-analyze can read them; the program is one that is there. */
function laid(t: Test, changes: Partial<UnitPlan>, site: Parameters<typeof unitPlan>[1] = {}): string[] {
  const dir = t.testdir({});
  const plan = unitPlan({ exec: [process.execPath, '/opt/q r/"100%"/qrunner.cjs'], ...changes }, site);
  return generateFiles(plan)
    .filter(({ kind }) => kind === 'unit')
    .map(({ name, text }) => {
      const path = join(dir, name);
      writeFileSync(path, text);
      return path;
    });
}

const PLANS: Readonly<Record<string, [Partial<UnitPlan>, Parameters<typeof unitPlan>[1]]>> = {
  single: [{}, {}],
  'per queue': [{ shape: 'per-queue' }, {}],
  'odd paths': [
    { shape: 'per-queue', name: 'odd-2' },
    { spool: '/srv/a "b" 100% $HOME \\ é', state: "/home/it's", file: '/srv/$x/%t/qrunner.yaml' },
  ],
  'a password': [{}, { transport: { ...SMTP, auth: { user: 'u', passwordFile: 'credential:smtp' } } }],
};

for (const [name, [changes, site]] of Object.entries(PLANS)) {
  await t.test(`systemd-analyze has nothing to say: ${name}`, { skip: NEEDED }, async (t) => {
    const files = laid(t, changes, site);
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', ...files], { encoding: 'utf8' });
    t.equal(`${verified.stdout}${verified.stderr}`, '', 'verify');
    for (const file of files.filter((path) => path.endsWith('.service'))) {
      const args = ['security', '--offline=yes', '--threshold=20', '--no-pager', file];
      const { status, stdout } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
      t.equal(status, 0, `${file}: ${stdout.trim().split('\n').at(-1)}`);
    }
  });
}

await t.test('systemd-analyze would tell of a unit that is wrong', { skip: NEEDED }, async (t) => {
  const [target = ''] = laid(t, {});
  writeFileSync(target, `${readFileSync(target, 'utf8')}\n[Unit]\nWantss=x\n`);
  const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', target], { encoding: 'utf8' });
  t.match(stderr, /Wantss/);
});

await t.test(
  'systemd-tmpfiles and systemd-sysusers do what is meant',
  { skip: NEEDED || process.geteuid?.() !== 0 ? 'needs root and systemd' : false },
  async (t) => {
    const dir = t.testdir({ etc: { passwd: 'root:x:0:0::/root:/bin/sh\n', group: 'root:x:0:\n' } });
    const plan = unitPlan({}, { spool: '/srv/a "b" 100% \\é', state: '/srv/state' });
    for (const { kind, text } of generateFiles(plan)) {
      if (kind === 'unit') continue;
      mkdirSync(join(dir, `etc/${kind}.d`), { recursive: true });
      writeFileSync(join(dir, `etc/${kind}.d/qrunner.conf`), text);
    }
    const users = spawnSync('systemd-sysusers', [`--root=${dir}`, 'qrunner.conf'], { encoding: 'utf8' });
    t.equal(users.status, 0, users.stderr);
    t.match(
      readFileSync(join(dir, 'etc/passwd'), 'utf8'),
      /^list:.*:Mailing lists:\/srv\/state:\/usr\/sbin\/nologin$/m,
    );
    const made = spawnSync('systemd-tmpfiles', [`--root=${dir}`, '--create', 'qrunner.conf'], {
      encoding: 'utf8',
    });
    t.equal(made.status, 0, made.stderr);
    t.same(readdirSync(join(dir, 'srv')).sort(), ['a "b" 100% \\é', 'lists', 'state']);
    t.same(readdirSync(join(dir, 'srv/a "b" 100% \\é')), ['bell']);
  },
);

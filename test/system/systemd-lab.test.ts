import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { until } from '../support/lab.ts';
import { bootSystemd, noSystemd } from '../support/systemd-lab.ts';

const skip = noSystemd();

/** A test's process that dies with a machine at work. */
const CRASHING = `
import { bootSystemd } from '${new URL('../support/systemd-lab.js', import.meta.url).href}';
const lab = await bootSystemd();
console.log(lab.path('/').split('/')[2]);
setInterval(() => {}, 1000);
`;

/** Mounts of machines that this computer sees. */
const mounts = () =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => /qrunner-(machine|lab)|overlay.*upperdir/.test(line));

/** The directory of the machine with this PID 1: its cgroup is called alike. */
function directoryOf(init: string): string {
  const name = /qrunner-machine-\w+/.exec(readFileSync(join('/proc', init, 'cgroup'), 'utf8'))?.[0];
  return join(tmpdir(), name ?? '');
}

async function firstLine(child: ChildProcess): Promise<string> {
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  child.stderr?.pipe(process.stderr);
  return until('the machine has booted', () => said.includes('\n') && said.trim());
}

await t.test('machines for tests', { skip }, async (t) => {
  await t.test('two at once share nothing, and this computer sees nothing of them', async (t) => {
    await using one = await bootSystemd();
    await using two = await bootSystemd();
    for (const [lab, name] of [
      [one, 'one'],
      [two, 'two'],
    ] as const) {
      for (const directory of ['/etc', '/tmp', '/run', '/dev/shm', '/var/tmp']) {
        writeFileSync(lab.path(`${directory}/qrunner-mark-${name}`), name);
        t.notOk(existsSync(`${directory}/qrunner-mark-${name}`), directory);
      }
      await lab.must(['hostname', name]);
    }
    t.notOk(existsSync(one.path('/tmp/qrunner-mark-two')));
    t.notOk(existsSync(two.path('/etc/qrunner-mark-one')));
    t.equal((await one.must(['hostname'])).trim(), 'one');
    t.equal((await two.must(['systemctl', 'is-active', 'multi-user.target'])).trim(), 'active');
    t.strictSame(
      (await two.must(['systemctl', '--failed', '--plain', '--no-legend'])).trim(),
      '',
      'no unit failed',
    );
    t.equal((await two.must(['cat', '/proc/1/comm'])).trim(), 'systemd');
    t.strictSame(mounts(), []);
  });

  await t.test('what was written is there after a reboot and after a power cut', async (t) => {
    await using lab = await bootSystemd();
    for (const how of ['off', 'cut'] as const) {
      writeFileSync(lab.path('/etc/kept'), how);
      writeFileSync(lab.path('/run/lost'), how);
      await lab.reboot(how);
      t.equal(readFileSync(lab.path('/etc/kept'), 'utf8'), how);
      t.notOk(existsSync(lab.path('/run/lost')));
    }
  });

  await t.test('a machine that is disposed of while it boots again leaves nothing', async (t) => {
    const lab = await bootSystemd();
    const directory = directoryOf(lab.path('/').split('/')[2] ?? '');
    const again = lab.reboot('cut');
    again.catch(() => {});
    await lab[Symbol.asyncDispose]();
    await t.rejects(again);
    t.notOk(existsSync(directory));
  });

  await t.test('a test that is killed leaves nothing', async (t) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', CRASHING], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const init = await firstLine(child);
    t.equal(readFileSync(join('/proc', init, 'comm'), 'utf8'), 'systemd\n');
    const directory = directoryOf(init);
    t.match(directory, /qrunner-machine-/);
    t.ok(existsSync(directory));
    child.kill('SIGKILL');
    await until('its PID 1 is gone', () => !existsSync(join('/proc', init)));
    await until('its directory is gone', () => !existsSync(directory));
  });

  t.strictSame(mounts(), [], 'no mount is left');
});

import { writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { fieldOf, readMaildir } from '../support/lab-mail.ts';
import { bootSystemd, noSystemd } from '../support/systemd-lab.ts';
import { postOf } from '../support/systemd-site.ts';
import { installUserUnits } from '../support/systemd-units.ts';

const skip = noSystemd({ programs: ['useradd', 'loginctl'] });
const HOME = '/home/ann';

await t.test('the lists of one user, by units of his own manager', { skip, timeout: 120_000 }, async (t) => {
  await using lab = await bootSystemd();
  // Ann's is the only site.
  await lab.must(['rm', '-r', '/etc/qrunner']);
  await lab.must(['useradd', '--create-home', '--home-dir', HOME, '--shell', '/bin/sh', 'ann']);
  const uid = (await lab.must(['id', '-u', 'ann'])).trim();
  const env = { HOME, XDG_RUNTIME_DIR: `/run/user/${uid}`, USER: 'ann' };
  const asAnn = (command: readonly string[], input = '') => lab.must(command, { user: 'ann', env, input });

  await asAnn(['qrunner', 'init', `${HOME}/.config/qrunner`, '--domain', 'lists.example']);
  const qrunner = (args: readonly string[], input = '') => asAnn(['qrunner', ...args], input);
  await qrunner(['list', 'create', 'friends', '--owner', 'ann@members.example']);
  await qrunner(['member', 'add', 'friends', 'ada@members.example', 'ben@members.example']);
  await qrunner(['--all', '--once']);
  // Without it the manager ends with the last session, and mail stays.
  await lab.must(['loginctl', 'enable-linger', 'ann']);
  await lab.until('the manager of ann runs', async () => {
    const { stdout } = await lab.run(['systemctl', '--user', 'is-active', 'default.target'], {
      user: 'ann',
      env,
    });
    return stdout.trim() === 'active';
  });
  await installUserUnits(lab, HOME, asAnn);
  const mails = () => readMaildir(lab.path(`${HOME}/.config/qrunner/state/maildir/ben@members.example`));
  // Not `must`: after a reboot her manager needs a moment.
  const show = async (unit: string, property: string) => {
    const command = ['systemctl', '--user', 'show', '--value', '-p', property, unit];
    return (await lab.run(command, { user: 'ann', env })).stdout.trim();
  };
  const state = (unit: string) => show(unit, 'ActiveState');

  const delivered = async (t: Test, subject: string) => {
    await qrunner(['inject', 'friends', '--sender', 'ada@members.example'], postOf(subject));
    await lab.until('ben has it', () => mails().some((mail) => fieldOf(mail, 'Subject')?.endsWith(subject)));
    await lab.until('the run has ended', async () => (await state('qrunner.service')) === 'inactive');
    t.strictSame(lab.processes(), [], 'no process is left');
    t.equal(await state('qrunner.path'), 'active');
  };

  await t.test('a bell wakes the program', (t) => delivered(t, 'hello'));

  await t.test('after a reboot too, though ann does not log in', async (t) => {
    await lab.reboot('off');
    await lab.until('the manager of ann runs', async () => (await state('qrunner.path')) === 'active');
    await delivered(t, 'again');
    t.equal(mails().length, 2, 'each once');
  });

  await t.test('trouble is tried at the pace of RestartSec=, and passes', async (t) => {
    const file = `${HOME}/.config/qrunner/qrunner.yaml`;
    const good = await lab.must(['cat', file]);
    await delivered(t, 'before');
    writeFileSync(lab.path(file), `${good}\nunknown: key\n`);
    writeFileSync(lab.path(`${HOME}/.config/qrunner/spool/bell/by-hand`), '');
    await lab.until('it was tried three times', async () => {
      return Number(await show('qrunner.service', 'NRestarts')) >= 3;
    });
    t.equal(await state('qrunner.path'), 'active');
    writeFileSync(lab.path(file), good);
    await delivered(t, 'after');
    const subjects = mails().map((mail) => fieldOf(mail, 'Subject'));
    t.equal(subjects.length, 4);
    t.strictSame(
      new Set(subjects),
      new Set(['after', 'again', 'before', 'hello'].map((subject) => `[friends] ${subject}`)),
      'each once',
    );
  });
});

import t from 'tap';
import { callProgram } from '../docs/call-program.ts';

await t.test('the commands, each with its options', async (t) => {
  const { stdout, status } = await callProgram(['units', '--help']);
  t.equal(status, 0);
  for (const name of ['print', 'diff', 'install', 'remove', 'status']) {
    t.match(stdout, new RegExp(`^ {2}${name} `, 'm'));
    const help = await callProgram(['units', name, '--help']);
    t.equal(help.status, 0, name);
    t.equal(help.stdout.includes('--root'), name !== 'status', `${name} --root`);
    t.equal(help.stdout.includes('--dry-run'), name === 'install' || name === 'remove', `${name} --dry-run`);
    t.equal(help.stdout.includes('--per-queue'), name !== 'remove', `${name} --per-queue`);
  }
});

await t.test('without a site', async (t) => {
  const env = { QRUNNER_CONFIG: '/nowhere' };
  t.equal((await callProgram(['units', 'print'], { env })).status, 78);
  const removed = await callProgram(['units', 'remove', '--root', '/nowhere'], { env });
  t.equal(removed.status, 0, 'remove needs none');
  t.match(removed.stdout, /^There are no units "qrunner" of qrunner in \/nowhere\/usr\/lib/);
});

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { hasNodeSqlite, openNodeDriver } from '../../lib/state/driver-node.ts';
import { conformance } from './driver-conformance.ts';

const execute = promisify(execFile);
const source = new URL('../../lib/state/driver-node.js', import.meta.url).href;

if (hasNodeSqlite()) {
  await conformance(async (file) => openNodeDriver(file));

  await t.test('the warning about SQLite is silenced, no other', async (t) => {
    const script = `
      import { openNodeDriver } from ${JSON.stringify(source)};
      openNodeDriver(${JSON.stringify(join(t.testdir(), 'db'))}).close();
      process.emitWarning('something else', 'ExperimentalWarning');
      process.emitWarning('SQLite is old', 'DeprecationWarning');`;
    const { stderr } = await execute(process.execPath, ['--input-type=module', '-e', script]);
    t.notMatch(stderr, 'SQLite is an experimental feature');
    t.match(stderr, 'ExperimentalWarning: something else');
    t.match(stderr, 'DeprecationWarning: SQLite is old');
  });
} else {
  await t.test('a Node without SQLite says so', async (t) => {
    t.throws(() => openNodeDriver(join(t.testdir(), 'db')), { message: 'has no node:sqlite' });
  });
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { QUEUES } from '../../lib/config/queue-names.ts';
import { openRunner } from '../../lib/runners/registry.ts';
import { servicesOf } from '../support/runner-rig.ts';

await t.test('every queue of ours has a runner', async (t) => {
  const services = await servicesOf(t);
  t.equal(QUEUES.length, 8);
  for (const { name } of QUEUES) {
    const runner = await openRunner(services, name);
    t.type(runner.run, 'function', name);
    await runner.close?.();
  }
});

await t.test('queues of the user’s own', async (t) => {
  const module = join(t.testdirName, 'index.cjs');
  const services = await servicesOf(t, {
    site: {
      queues: {
        chat: { kind: 'exec', command: ['/bin/true'], timeoutMs: 1000 },
        index: { kind: 'module', path: module },
      },
    },
  });
  writeFileSync(module, "exports.run = () => ({ kind: 'done' });");
  for (const name of ['chat', 'index']) t.type((await openRunner(services, name)).run, 'function', name);
});

await t.test('no other', async (t) => {
  const services = await servicesOf(t);
  for (const name of ['nowhere', 'toString', '']) {
    await t.rejects(openRunner(services, name), { status: 67, message: `no queue "${name}"` });
  }
});

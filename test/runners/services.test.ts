import t from 'tap';
import { listOf } from '../../lib/runners/services.ts';
import { entryOf, servicesOf } from '../support/runner-rig.ts';

await t.test('the list of an entry', async (t) => {
  const services = await servicesOf(t);
  t.equal(listOf(services, entryOf('')).name, 'friends');
  t.throws(() => listOf(services, entryOf('', { list: null })), { status: 67, message: /is for no list/ });
  t.throws(() => listOf(services, entryOf('', { list: 'old@example.org' })), {
    status: 67,
    message: /^no list old@example\.org: is its file still in .*\/lists\?$/,
  });
});

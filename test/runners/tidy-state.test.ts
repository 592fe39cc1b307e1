import t from 'tap';
import { createPending, takePending } from '../../lib/list/pending.ts';
import { tidyState } from '../../lib/runners/tidy-state.ts';
import { EFFECT_LIFE_MS, once } from '../../lib/state/effects.ts';
import { servicesOf } from '../support/runner-rig.ts';

await t.test('what has expired goes, the rest stays', async (t) => {
  const services = await servicesOf(t);
  const { db } = services;
  const now = Date.now();
  const request = { kind: 'join', list: 'friends@example.org' } as const;
  createPending(db, { ...request, address: 'old@example.org' }, 1000, now - 2000);
  const token = createPending(db, { ...request, address: 'new@example.org' }, 60_000, now);
  once(db, 'old', 'commands', () => 1, now - EFFECT_LIFE_MS - 1000);
  once(db, 'new', 'commands', () => 1, now);
  await tidyState(services);
  t.match(db.all('SELECT address FROM pending'), [{ address: 'new@example.org' }]);
  t.match(db.all('SELECT entry FROM effect'), [{ entry: 'new' }]);
  t.ok(takePending(db, token, now));
});

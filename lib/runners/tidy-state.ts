/** What a run clears away in the state when a runner that used it closes. */
import { expirePending } from '../list/pending.ts';
import { forgetEffects } from '../state/effects.ts';
import type { Services } from './services.ts';

/** Removes confirmations that have expired and effects that no entry can ask for any more. */
export async function tidyState(services: Services): Promise<void> {
  const db = await services.database();
  expirePending(db, Date.now());
  forgetEffects(db);
}

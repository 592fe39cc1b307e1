/** From what was decided about bounces to the mails that tell of it. Pure. */
import type { ListSettings } from '../config/site.ts';
import type { Step } from '../list/judge-bounces.ts';
import { PROBE_TOKEN_LENGTH } from '../list/pending.ts';
import { parseAddress } from '../mail/address.ts';
import { confirmAddress, listAddress } from '../mail/list-address.ts';
import { probeWords, removedWords, stoppedWords, toldWords, warningWords } from './bounce-texts.ts';
import type { Notice } from './notice.ts';

/** The reverse-path of a probe. */
function probeSender(list: ListSettings, token: string): string {
  return listAddress(list, 'bounces', `probe-${token}`);
}

/** Whether the list's name leaves room for a token in its -bounces address. */
export function canProbe(list: ListSettings): boolean {
  return parseAddress(probeSender(list, 'a'.repeat(PROBE_TOKEN_LENGTH))) !== null;
}

/** The token of a probe in the extension of an address, or `null`. Mail servers may change its case. */
export function probeToken(extension: string | null): string | null {
  return /^probe-([a-z2-7]{16})$/i.exec(extension ?? '')?.[1]?.toLowerCase() ?? null;
}

/** The mails of these steps: one for each member who gets one, and one of each kind for the owners. */
export function bounceNotices(list: ListSettings, steps: readonly Step[]): Notice[] {
  const notices: Notice[] = [];
  for (const [index, step] of steps.entries()) {
    if (step.kind === 'probe') {
      notices.push({
        tag: `probe${index}`,
        to: [step.address],
        sender: probeSender(list, step.token),
        ...probeWords(list, step),
      });
    } else if ((step.kind === 'stopped' || step.kind === 'warned') && step.warning !== null) {
      notices.push({
        tag: `warning${index}`,
        to: [step.address],
        from: confirmAddress(list, step.warning.token),
        ...warningWords(list, step, step.warning),
      });
    }
  }
  const stopped = steps.filter((step) => step.kind === 'stopped');
  const removed = steps.filter((step) => step.kind === 'removed');
  const told = steps.filter((step) => step.kind === 'told');
  if (stopped.length > 0) notices.push({ tag: 'stopped', to: list.owners, ...stoppedWords(list, stopped) });
  if (removed.length > 0) notices.push({ tag: 'removed', to: list.owners, ...removedWords(list, removed) });
  if (told.length > 0) notices.push({ tag: 'told', to: list.owners, ...toldWords(list, told) });
  return notices;
}

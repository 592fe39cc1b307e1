/**
 * Mail to -bounces: what bounced is counted against the member, complaints are seen to, and what is no bounce goes to the
 * owners. What bounces lead to is decided when their day is over, on an order of the server's own (`qrunner bounces`).
 */
import { unreachable } from '../base/errors.ts';
import { MESSAGE_LIMIT } from '../bounce/bounce-message.ts';
import { readBounce } from '../bounce/read-bounce.ts';
import type { ListSettings } from '../config/site.ts';
import { memberOfExtension } from '../list/verp-token.ts';
import { getField } from '../mail/header.ts';
import { memberOfVerp } from '../mail/verp.ts';
import { probeToken } from '../post/bounce-notices.ts';
import type { Entry } from '../spool/entry.ts';
import { siteSecret } from '../state/secret.ts';
import { countBounces, countProbe } from './count-bounces.ts';
import { headerOf } from './header-of.ts';
import { judgeList } from './judge-list.ts';
import type { Runner, Verdict } from './runner.ts';
import { seeToComplaint } from './see-to-complaint.ts';
import { listOf, type Services } from './services.ts';
import { tidyState } from './tidy-state.ts';
import { unrecognised } from './unrecognised.ts';

/** Opens the runner of the queue bounces. */
export function openBouncesRunner(services: Services): Runner {
  return {
    // In order, since scores depend on what came before.
    concurrency: 1,
    // Mail from outside has come in on some address; without a role it is an order.
    run: (entry) => (entry.meta.role === null ? judgeList(services, entry) : receive(services, entry)),
    close: () => tidyState(services),
  };
}

async function receive(services: Services, entry: Entry): Promise<Verdict> {
  const list = listOf(services, entry);
  const { sender, extension } = entry.meta;
  const token = probeToken(extension);
  const member = token !== null || extension === null ? null : await memberOf(services, list, extension);
  const reading = await readBounce(await entry.readHead(MESSAGE_LIMIT), { sender, member });
  switch (reading.kind) {
    case 'bounce':
      if (token === null) return countBounces(services, list, entry, reading.recipients);
      return countProbe(services, list, entry, token, reading.recipients[0] ?? null);
    case 'complaint': {
      const addresses = member === null ? reading.addresses : [member];
      return seeToComplaint(services, list, entry, addresses, reading.feedbackType);
    }
    case 'delayed':
    case 'auto-reply':
    case 'challenge':
    case 'receipt':
      return { kind: 'done', outputs: [], note: `${reading.kind}: ${reading.detector}` };
    case 'unrecognised': {
      // To an address that names a member nobody writes, and with the null reverse-path it is no person.
      if (sender !== '' || (member === null && token === null)) return unrecognised(list, entry);
      const { header } = await headerOf(entry);
      const diagnostic = getField(header, 'Subject') ?? 'a bounce without a report';
      const recipient = { address: member ?? '', status: null, diagnostic, class: 'unknown' } as const;
      if (token === null) return countBounces(services, list, entry, [recipient]);
      return countProbe(services, list, entry, token, recipient);
    }
    default:
      return unreachable(reading);
  }
}

/** Whom an extension names: in words, or by the short form for addresses that do not fit. */
async function memberOf(services: Services, list: ListSettings, extension: string): Promise<string | null> {
  const named = memberOfVerp(extension);
  if (named !== null) return named;
  const db = await services.database();
  return memberOfExtension(db, siteSecret(db, 'verp'), list.address, extension);
}

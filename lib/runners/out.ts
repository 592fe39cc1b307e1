/**
 * Delivery to members: each recipient by the way his domain has, side by side with all other entries of the run.
 *
 * Promises: every recipient ends as delivered, in retry, or in a report to bounces. What a transaction brought is in
 * the journal before the next message goes over the same connection, so a run that is killed goes on with the
 * recipients that are left; at most the transactions in flight are repeated.
 */
import { type DeliveryRule, listRules, newestRuleAt } from '../deliver/delivery-rules.ts';
import { openDestinationMemory } from '../deliver/destination-memory.ts';
import { type Dispatcher, openDispatcher } from '../deliver/dispatcher.ts';
import { makeOrder, type OrderOptions } from '../deliver/order.ts';
import { openWays, type Ways } from '../deliver/ways.ts';
import { verpExtension } from '../list/verp-token.ts';
import { extendedAddress, verpAddress } from '../mail/verp.ts';
import { everyRecipient, type MessageSource, type Outcome } from '../smtp/transport.ts';
import type { Entry } from '../spool/entry.ts';
import { siteSecret } from '../state/secret.ts';
import { conclude } from './delivery-end.ts';
import { type Party, planDelivery } from './delivery-plan.ts';
import { openProgress, type Progress } from './delivery-progress.ts';
import type { RunContext, Runner, Verdict } from './runner.ts';
import type { Services } from './services.ts';

/** Entries at once: so many that those for a slow destination do not keep others from their turns. */
const CONCURRENCY = 200;

/** What the entries of a run share. */
type Run = {
  readonly services: Services;
  readonly ways: Ways;
  readonly dispatcher: Dispatcher;
  readonly rules: readonly DeliveryRule[];
  /** When the newest of them was said. */
  readonly rulesAt: number | null;
  /** What short reverse-paths are signed with. May throw TemporaryError, ExpectedError. */
  readonly secret: () => Buffer;
};

/** Opens the runner of the queue out. */
export function openOutRunner(services: Services): Runner {
  let opened: Promise<Run> | null = null;
  let atWork = 0;
  const isCrowded = () => atWork >= CONCURRENCY;
  return {
    concurrency: CONCURRENCY,
    run: async (entry, context) => {
      opened ??= openRun(services, context, isCrowded);
      atWork++;
      try {
        return await deliver(await opened, entry, context);
      } finally {
        atWork--;
      }
    },
    close: async () => {
      // When it could not be opened, the entries have told.
      const run = await opened?.catch(() => null);
      run?.ways.close();
      await run?.dispatcher.close();
    },
  };
}

async function openRun(
  services: Services,
  { clock, signal }: RunContext,
  isCrowded: () => boolean,
): Promise<Run> {
  const { site } = services.configuration;
  const db = await services.database();
  let secret: Buffer | null = null;
  const rules = listRules(db);
  const memory = openDestinationMemory(db, site.retry, clock);
  return {
    services,
    ways: openWays(site),
    dispatcher: openDispatcher({ memory, connections: site.limits.connections, signal, clock, isCrowded }),
    rules,
    rulesAt: newestRuleAt(rules),
    secret: () => (secret ??= siteSecret(db, 'verp')),
  };
}

async function deliver(run: Run, entry: Entry, context: RunContext): Promise<Verdict> {
  const { meta } = entry;
  if (meta.recipients.length === 0) return { kind: 'shunt', reason: 'it has no recipients' };
  const { clock, journal, signal } = context;
  const progress = openProgress(journal);
  const settled = (recipient: string) => progress.outcomes.has(recipient);
  const plan = await planDelivery(entry, settled, run, clock.now(), signal);
  tell(entry, context, null, plan.outcomes);
  await progress.note(plan.outcomes, false);
  // The state is asked before anything is sent: its trouble then keeps the whole entry waiting.
  const ownSender = ownSenders(run, entry);
  const sending = new Sending(entry, progress, context, plan.parties);
  for (const party of plan.parties) sending.submit(run.dispatcher, party, ownSender);
  await sending.ended;
  const all = [...new Set(meta.recipients)].flatMap((recipient) => progress.outcomes.get(recipient) ?? []);
  if (signal.aborted && all.some(({ kind }) => kind === 'temporary')) {
    // Not a failure of anybody: the next run goes on from the journal.
    return { kind: 'defer', until: clock.now(), reason: 'the run was told to end', failed: false };
  }
  const { waiting } = plan;
  return conclude(run.services, entry, all, { waiting, rulesAt: run.rulesAt }, clock.now());
}

/** For mail with VERP: the reverse-path that names a recipient, or `null` when none can. */
function ownSenders(
  run: Run,
  { meta: { list, recipients, sender, verp } }: Entry,
): ((recipient: string) => string | null) | undefined {
  if (!verp || sender === null || sender === '') return undefined;
  const short = list !== null && recipients.some((recipient) => verpAddress(sender, recipient) === null);
  const secret = short ? run.secret() : null;
  return (recipient) => {
    const plain = verpAddress(sender, recipient);
    if (plain !== null || list === null || secret === null) return plain;
    return extendedAddress(sender, verpExtension(secret, list, recipient));
  };
}

/** An entry under way: ends when each of its recipients has an outcome. */
class Sending {
  /** Rejects when an outcome could not be noted. */
  readonly ended: Promise<void>;
  readonly #entry: Entry;
  readonly #message: MessageSource;
  readonly #progress: Progress;
  readonly #context: RunContext;
  #left: number;
  #trouble: { readonly error: unknown } | null = null;
  #end: (error: { readonly error: unknown } | null) => void = () => {};

  constructor(entry: Entry, progress: Progress, context: RunContext, parties: readonly Party[]) {
    this.#entry = entry;
    this.#progress = progress;
    this.#context = context;
    this.#message = {
      id: entry.id,
      size: entry.size,
      stream: () => entry.stream(),
      read: () => entry.read(),
    };
    this.#left = parties.reduce((sum, { recipients }) => sum + recipients.length, 0);
    this.ended = new Promise((resolve, reject) => {
      this.#end = (trouble) => (trouble ? reject(trouble.error) : resolve());
    });
    if (this.#left === 0) this.#end(null);
  }

  submit(
    dispatcher: Dispatcher,
    { way, recipients, urgent }: Party,
    ownSender: OrderOptions['ownSender'],
  ): void {
    const { meta, size } = this.#entry;
    const { carrier, messageSize, perTransaction } = way;
    const sender = meta.sender ?? '';
    const settle = async (outcomes: readonly Outcome[]) => this.#settle(carrier.name, outcomes);
    if (messageSize !== null && size > messageSize) {
      const reply = `the message has ${size} bytes, and ${carrier.name} takes up to ${messageSize} (message_size)`;
      void settle(
        everyRecipient(recipients, { kind: 'permanent', scope: 'message', status: '5.3.4', reply }),
      );
      return;
    }
    const order = makeOrder({
      list: meta.list ?? '',
      message: this.#message,
      recipients,
      sender,
      ownSender,
      perTransaction,
      urgent,
      mayTake: (some) => this.#mayTake(some),
      settle,
    });
    dispatcher.submit(carrier, order);
  }

  /** With a full disk nothing is sent; but what becomes of a single recipient needs no room: it is told by the end of the entry. */
  #mayTake(recipients: readonly string[]): boolean {
    if (this.#trouble) return false;
    if (this.#entry.meta.recipients.length === 1) return true;
    try {
      this.#progress.prepare(recipients);
      return true;
    } catch (error) {
      this.#trouble = { error };
      return false;
    }
  }

  async #settle(destination: string, outcomes: readonly Outcome[]): Promise<void> {
    this.#left -= outcomes.length;
    tell(this.#entry, this.#context, destination, outcomes);
    try {
      await this.#progress.note(outcomes, this.#left === 0 && this.#allDelivered(outcomes));
    } catch (error) {
      this.#trouble ??= { error };
    }
    if (this.#left === 0) this.#end(this.#trouble);
  }

  /** True when the end of the entry leaves nothing to be told: it is then itself the record of the last transaction. */
  #allDelivered(news: readonly Outcome[]): boolean {
    const known = [...this.#progress.outcomes.values(), ...news];
    return (
      known.length === this.#entry.meta.recipients.length && known.every(({ kind }) => kind === 'delivered')
    );
  }
}

/** A line for each kind of outcome of a transaction; with its recipient when there is one only. */
function tell(
  { id, meta }: Entry,
  { log }: RunContext,
  destination: string | null,
  outcomes: readonly Outcome[],
): void {
  for (const kind of ['delivered', 'temporary', 'permanent'] as const) {
    const some = outcomes.filter((outcome) => outcome.kind === kind);
    const [first] = some;
    if (!first) continue;
    log('info', `delivery-${kind}`, {
      queue: 'out',
      id,
      list: meta.list,
      destination,
      to: some.length === 1 ? first.recipient : undefined,
      recipients: some.length,
      status: first.status,
      reply: first.reply,
    });
  }
}

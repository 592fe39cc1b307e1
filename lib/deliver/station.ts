/**
 * One destination in one run: its lanes, and who goes over them next.
 *
 *     no lane ──an order──▶ one is opened ──▶ after each success one more may be, up to the carrier's connections
 *     none can be opened, or three in a row break ──▶ the destination rests: all that wait, and all that come, are
 *                                                     answered at once, and the memory says when one may try again
 *
 * Promises: an order's outcome is on record before the next message goes over the same lane, so that a run killed
 * anywhere repeats at most what was in flight. A lane is given up for others that have none. A dead destination costs
 * one attempt at connecting.
 */
import { errorText } from '../base/errors.ts';
import {
  type Carrier,
  ConnectFailure,
  everyRecipient,
  type Lane,
  type Outcome,
  RUN_IS_ENDING,
  type Transaction,
  type TransactionResult,
  temporaryTrouble,
} from '../smtp/transport.ts';
import type { Destination } from './destination-memory.ts';
import { laneLimit } from './lane-limit.ts';
import { type OpenLane, openLanes } from './lanes.ts';
import type { Order } from './order.ts';
import type { Slots } from './slots.ts';
import { tooMany } from './too-many.ts';
import { turns } from './turns.ts';

/** Work of a transaction and of a recipient beside the message, in bytes. */
const TRANSACTION_COST = 2_000;
const RECIPIENT_COST = 200;

/** A destination at work. */
export type Station = {
  readonly submit: (order: Order) => void;
  /** Ends lanes that have nothing to do, when others wait for a connection. */
  readonly makeRoom: () => void;
  /** Answers orders that were made before a time (of performance.now()) and still wait: they are tried again from `retryAt` on. */
  readonly putOff: (madeBefore: number, retryAt: number) => void;
  /** Ends the lanes. Nothing may be in flight. */
  readonly close: () => Promise<void>;
};

/** What a station is made with. */
export type StationOptions = {
  readonly carrier: Carrier;
  readonly destination: Destination;
  readonly slots: Slots;
  readonly signal: AbortSignal;
};

/** The station of a destination. */
export function openStation({ carrier, destination, slots, signal }: StationOptions): Station {
  const queue = turns<Order>();
  const lanes = openLanes(slots);
  const opened = new Set<Promise<void>>();
  /** Ends attempts to connect that nobody needs any more. */
  const ended = new AbortController();
  const end = (): void => ended.abort();
  signal.addEventListener('abort', end);
  let opening = 0;
  const limit = laneLimit(destination.window(), carrier.connections);
  /** Recipients of a transaction that the server takes, as far as it has said. */
  let takes = Number.POSITIVE_INFINITY;

  const pump = (): void => {
    const resting = destination.resting();
    if (signal.aborted) answerAll(RUN_IS_ENDING);
    else if (resting && lanes.count() === 0 && opening === 0) answerAll(resting.reply);
    for (;;) {
      const pending = queue.pending(carrier.connections + 1);
      if (pending === 0) break;
      const lane = lanes.free(opening === 0 && isFull());
      if (lane) dispatch(lane);
      else if (opening >= pending || isFull() || !slots.take(pump)) break;
      else open();
    }
    makeRoom();
  };

  const makeRoom = (): void => lanes.makeRoom(queue.pending(1) === 0);

  const isFull = (): boolean => lanes.count() + opening >= limit.now();

  const dispatch = (open: OpenLane): void => {
    const order = queue.next();
    if (!order) return;
    const transaction = order.take(takes);
    if (!transaction) {
      queue.serve(order, 0);
      return;
    }
    const { size } = order.message;
    queue.serve(order, TRANSACTION_COST + size + RECIPIENT_COST * transaction.recipients.length);
    const before = open.recorded;
    open.inFlight++;
    open.lastSize = size;
    open.recorded = send(open, order, { ...transaction, mayPass: () => before });
  };

  const send = async (open: OpenLane, order: Order, transaction: Transaction): Promise<void> => {
    const { outcomes, heard } = await transact(open.lane, transaction);
    open.inFlight--;
    const dead = !open.lane.alive();
    if (dead) lanes.drop(open);
    // A server may hang up on an idle connection, or after so many messages: that is no answer.
    if (!heard && dead && !open.fresh && !signal.aborted) {
      order.giveBack(transaction);
      queue.add(order);
      pump();
      return;
    }
    if (heard) open.fresh = false;
    note(outcomes);
    const parts = tooMany(transaction, outcomes);
    if (parts) {
      takes = Math.min(takes, parts.takes);
      order.giveBack(parts.rest);
      queue.add(order);
    }
    const recorded = order.settle(parts?.settled ?? outcomes);
    pump();
    await recorded;
  };

  /** A carrier does not throw; if one does, it is a bug that must not take the run with it. */
  const transact = async (lane: Lane, transaction: Transaction): Promise<TransactionResult> => {
    try {
      return await lane.transact(transaction, signal);
    } catch (error) {
      const trouble = temporaryTrouble('connection', `${carrier.name}: ${errorText(error)}`);
      return { outcomes: everyRecipient(transaction.recipients, trouble), heard: true };
    }
  };

  /** Counts connections that break, so that a server which hangs does not cost its time-out for each message. */
  const note = (outcomes: readonly Outcome[]): void => {
    if (signal.aborted) return;
    const lost = outcomes.find(({ scope }) => scope === 'connection');
    if (lost === undefined) destination.reached(limit.answered());
    else if (limit.lost()) giveUp(`given up: ${lost.reply}`, lost.conversation);
  };

  const openLane = async (): Promise<void> => {
    opening++;
    try {
      const lane = await carrier.open(ended.signal);
      // It came when the work was done, or the run is to end.
      if (ended.signal.aborted) {
        slots.give();
        opening--;
        await lane.close();
        return;
      }
      lanes.add(lane);
    } catch (error) {
      slots.give();
      if (lanes.count() > 0) limit.refused(lanes.count());
      else if (!ended.signal.aborted) {
        giveUp(errorText(error), error instanceof ConnectFailure ? error.conversation : undefined);
      }
    }
    opening--;
    pump();
  };

  /** From here on the destination rests, and who waits is answered. */
  const giveUp = (reply: string, conversation?: string): void => {
    if (destination.resting() === null) destination.failed(reply, conversation ?? null);
    if (lanes.count() === 0) answerAll(reply, conversation);
  };

  /** Answers whoever waits. */
  const answerAll = (reply: string, conversation?: string): void =>
    answer(queue.clear(), reply, destination.restsUntil(), conversation);

  const open = (): void => {
    const done = openLane().finally(() => opened.delete(done));
    opened.add(done);
  };

  return {
    submit: (order) => {
      if (order.urgent) destination.wake();
      queue.add(order);
      pump();
    },
    makeRoom,
    putOff: (madeBefore, retryAt) => {
      const late = queue.clear((order) => order.madeAt < madeBefore);
      answer(late, `its turn at ${carrier.name} did not come: there is much to do`, retryAt);
    },
    close: async () => {
      // The signal may outlive many runs.
      signal.removeEventListener('abort', end);
      end();
      await Promise.all([lanes.close(), ...opened]);
    },
  };
}

/** Answers all that is left of orders with trouble of the connection. */
function answer(
  orders: readonly Order[],
  reply: string,
  retryAt: number | null,
  conversation?: string,
): void {
  const judgement = {
    ...temporaryTrouble('connection', reply),
    ...(retryAt === null ? {} : { retryAt }),
    ...(conversation === undefined ? {} : { conversation }),
  };
  for (const order of orders) void order.settle(everyRecipient(order.takeRest(), judgement));
}

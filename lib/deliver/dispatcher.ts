/**
 * All destinations of a run: orders are handed in with the carrier that leads to theirs.
 *
 * Promises: destinations do not wait for each other; connections are bounded in all. When the run has no place left for
 * another entry, what waits long for its turn at a slow destination goes back to retry and makes room. What is remembered
 * of destinations is written when it closes.
 */
import type { Clock } from '../base/clock.ts';
import type { Carrier } from '../smtp/transport.ts';
import type { DestinationMemory } from './destination-memory.ts';
import type { Order } from './order.ts';
import { connectionSlots } from './slots.ts';
import { openStation, type Station } from './station.ts';

/** The dispatcher of a run. */
export type Dispatcher = {
  /** Hands an order in; its `settle` hears of every recipient. An aborted `signal` ends it soon, with what is left temporary. */
  readonly submit: (carrier: Carrier, order: Order) => void;
  /** Ends all connections. No order may be under way. */
  readonly close: () => Promise<void>;
};

/** What a dispatcher is made with. */
export type DispatcherOptions = {
  readonly memory: DestinationMemory;
  /** Connections in total. */
  readonly connections: number;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** True while others wait for the places of those who wait. */
  readonly isCrowded: () => boolean;
  /** How long an order then waits for its turn, where there are several destinations, milliseconds. @default one minute */
  readonly patienceMs?: number;
};

/** @default one minute */
const PATIENCE_MS = 60_000;

/** Opens the dispatcher of a run. */
export function openDispatcher(options: DispatcherOptions): Dispatcher {
  const stations = new Map<string, Station>();
  const { memory, connections, signal, clock, isCrowded, patienceMs = PATIENCE_MS } = options;
  const slots = connectionSlots(connections, () => {
    for (const station of stations.values()) station.makeRoom();
  });
  const timer = setInterval(() => {
    if (stations.size < 2 || !isCrowded()) return;
    const retryAt = clock.now() + patienceMs;
    for (const station of stations.values()) station.putOff(performance.now() - patienceMs, retryAt);
  }, patienceMs / 2);
  timer.unref();
  return {
    submit: (carrier, order) => {
      const { name } = carrier;
      const station =
        stations.get(name) ?? openStation({ carrier, destination: memory.of(name), slots, signal });
      stations.set(name, station);
      station.submit(order);
    },
    close: async () => {
      clearInterval(timer);
      await Promise.all([...stations.values()].map((station) => station.close()));
      memory.save();
    },
  };
}

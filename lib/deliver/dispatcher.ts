/**
 * All destinations of a run: orders are handed in with the carrier that leads to theirs.
 *
 * Promises: destinations do not wait for each other; connections are bounded in all. What is remembered of
 * destinations is written when it closes.
 */
import type { DestinationMemory } from './destination-memory.ts';
import type { Order } from './order.ts';
import { connectionSlots } from './slots.ts';
import { openStation, type Station } from './station.ts';
import type { Carrier } from './transport.ts';

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
};

/** Opens the dispatcher of a run. */
export function openDispatcher({ memory, connections, signal }: DispatcherOptions): Dispatcher {
  const stations = new Map<string, Station>();
  const slots = connectionSlots(connections);
  return {
    submit: (carrier, order) => {
      const { name } = carrier;
      const station =
        stations.get(name) ?? openStation({ carrier, destination: memory.of(name), slots, signal });
      stations.set(name, station);
      station.submit(order);
    },
    close: async () => {
      await Promise.all([...stations.values()].map((station) => station.close()));
      memory.save();
    },
  };
}

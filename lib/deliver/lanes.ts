/**
 * The open lanes of one destination: who is free, and who must make room for others.
 *
 * Promises: a lane counts against the run's connections until it is dropped; one that is released has ended when `ended`
 * resolves.
 */

import type { Lane } from '../smtp/transport.ts';
import type { Slots } from './slots.ts';

/** Largest message that another may be begun behind, bytes. */
const SMALL = 256 * 1024;

/** How long a lane is kept from destinations that have none, milliseconds. */
const LANE_TURN_MS = 2_000;

/** A lane at work. */
export type OpenLane = {
  readonly lane: Lane;
  /** When it was opened, milliseconds of performance.now(). */
  readonly since: number;
  /** Transactions under way; a second one is begun behind the first. */
  inFlight: number;
  /** Size of the message that was handed to it last, bytes. */
  lastSize: number;
  /** Resolves when what went over it before is on record. */
  recorded: Promise<void>;
  /** Nothing was heard over it yet. */
  fresh: boolean;
};

/** The lanes of a destination. */
export type Lanes = {
  readonly count: () => number;
  readonly add: (lane: Lane) => void;
  /** One without work; or, with `second`, one on which a second transaction may be begun. */
  readonly free: (second: boolean) => OpenLane | null;
  /** Ends lanes that others need more: those that had their turn, with `idle` all that have no work. */
  readonly makeRoom: (idle: boolean) => void;
  /** Forgets one that has ended. */
  readonly drop: (open: OpenLane) => void;
  /** Ends all; nothing may be in flight. */
  readonly close: () => Promise<void>;
};

/** No lanes, out of the connections in `slots`. */
export function openLanes(slots: Slots): Lanes {
  const lanes = new Set<OpenLane>();
  const ending = new Set<Promise<void>>();

  const hadItsTurn = ({ since }: OpenLane): boolean =>
    slots.wanted() && (lanes.size > 1 || performance.now() - since > LANE_TURN_MS);

  const drop = (open: OpenLane): void => {
    if (lanes.delete(open)) slots.give();
  };
  const release = (open: OpenLane): void => {
    const ended = open.lane.close().finally(() => ending.delete(ended));
    ending.add(ended);
    drop(open);
  };

  return {
    count: () => lanes.size,
    add: (lane) => {
      const since = performance.now();
      lanes.add({ lane, since, inFlight: 0, lastSize: 0, recorded: Promise.resolve(), fresh: true });
    },
    free: (second) => {
      for (const open of lanes) if (open.inFlight === 0 && !hadItsTurn(open)) return open;
      if (!second) return null;
      for (const open of lanes)
        if (open.inFlight === 1 && open.lastSize <= SMALL && !hadItsTurn(open)) return open;
      return null;
    },
    makeRoom: (idle) => {
      if (!slots.wanted()) return;
      for (const open of lanes) if (open.inFlight === 0 && (idle || hadItsTurn(open))) release(open);
    },
    drop,
    close: async () => {
      for (const open of lanes) release(open);
      await Promise.all(ending);
    },
  };
}

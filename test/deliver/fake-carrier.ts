/** A carrier in the hands of a test: it says when lanes open and what transactions bring, and keeps what happened. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Carrier,
  ConnectFailure,
  everyRecipient,
  type Judgement,
  type Lane,
  type Transaction,
  type TransactionResult,
} from '../../lib/smtp/transport.ts';

/** What a test decides. */
export type FakeCarrierScript = {
  readonly name?: string;
  readonly connections?: number;
  /** Lanes open, this one included; a string is the reason why it cannot be opened. */
  readonly open?: (lanes: number) => string | null;
  /** What the transaction (the how-manieth of its lane, from 1) brings; by default it is delivered after 2 ms. */
  readonly transact?: (
    transaction: Transaction,
    ofLane: number,
    lane: FakeLane,
  ) => Promise<TransactionResult>;
};

/** A lane and its end. */
export type FakeLane = { readonly number: number; die: () => void };

/** What happened. */
export type FakeCarrier = Carrier & {
  /** `1: ann@x ben@x`: the lane and the recipients, in the order of their beginnings. */
  readonly begun: string[];
  readonly opened: () => number;
  readonly open: () => Promise<Lane>;
  /** The most lanes open, and transactions under way, at a time. */
  readonly most: () => { readonly lanes: number; readonly transactions: number };
};

const DELIVERED: Judgement = { kind: 'delivered', scope: 'recipient', status: '2.0.0', reply: '250 ok' };

/** All delivered. */
export function delivered({ recipients }: Transaction): TransactionResult {
  return { outcomes: everyRecipient(recipients, DELIVERED), heard: true };
}

/** A connection that broke, with or without an answer to MAIL. */
export function broken({ recipients }: Transaction, heard: boolean): TransactionResult {
  const judgement: Judgement = { kind: 'temporary', scope: 'connection', status: null, reply: 'it broke' };
  return { outcomes: everyRecipient(recipients, judgement), heard };
}

/** The carrier. */
export function fakeCarrier(script: FakeCarrierScript = {}): FakeCarrier {
  const begun: string[] = [];
  let opened = 0;
  let lanes = 0;
  let transactions = 0;
  const most = { lanes: 0, transactions: 0 };
  return {
    name: script.name ?? 'fake',
    connections: script.connections ?? 4,
    begun,
    opened: () => opened,
    most: () => most,
    open: async () => {
      opened++;
      await sleep(1);
      const refusal = script.open?.(lanes + 1) ?? null;
      if (refusal !== null) throw new ConnectFailure(refusal, `< ${refusal}\n`);
      lanes++;
      most.lanes = Math.max(most.lanes, lanes);
      const number = opened;
      let alive = true;
      let count = 0;
      const die = () => {
        if (alive) lanes--;
        alive = false;
      };
      const fake: FakeLane = { number, die };
      return {
        alive: () => alive,
        close: async () => die(),
        transact: async (transaction) => {
          begun.push(`${number}: ${transaction.recipients.join(' ')}`);
          transactions++;
          most.transactions = Math.max(most.transactions, transactions);
          await transaction.mayPass?.();
          count++;
          if (!script.transact) await sleep(2);
          const result = script.transact
            ? await script.transact(transaction, count, fake)
            : delivered(transaction);
          transactions--;
          return result;
        },
      };
    },
  };
}

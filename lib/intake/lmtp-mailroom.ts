/**
 * Where LMTP's messages are handed in: the site's lists behind the dialogue.
 *
 * Promises: a transaction sees one configuration from its beginning to its end; before an address is refused for good, the
 * configuration is looked at anew, so that a list made a moment ago is found.
 * Fails: by replies. A configuration that is wrong is 451, with the reason in the log: mail waits until it is mended.
 */
import { ExpectedError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { EX } from '../base/sysexits.ts';
import type { Configuration } from '../config/site.ts';
import type { Spool } from '../spool/spool.ts';
import { findTarget, isListDomain } from './list-target.ts';
import { receive, type TurnAway } from './lmtp-receive.ts';
import { type Reply, reply, troubleReply, troubleText } from './lmtp-reply.ts';
import type { Mailroom, Transaction } from './lmtp-transaction.ts';

/** What the mailroom stands on. */
export type MailroomOptions = {
  /** The configuration, not older than this, milliseconds. @throws ExpectedError when it is wrong */
  readonly configuration: (maxAgeMs: number) => Promise<Configuration>;
  readonly openSpool: (configuration: Configuration) => Spool;
  /** The lists' rules for posts. */
  readonly turnAway: (configuration: Configuration) => TurnAway;
  readonly log: Log;
};

/** How old a configuration a transaction may begin with, milliseconds. */
const FRESH_MS = 1_000;

/** Opens the mailroom of a site. */
export function openMailroom({ configuration, openSpool, turnAway, log }: MailroomOptions): Mailroom {
  const trouble = (error: unknown, peer: string | null): Reply => {
    log('error', 'lmtp-trouble', { reason: troubleText(error), peer });
    return error instanceof ExpectedError && error.status === EX.CONFIG
      ? reply(451, '4.3.5', 'the lists are not set up right at the moment, try again later')
      : troubleReply(error);
  };

  function transaction(current: Configuration, sender: string, peer: string): Transaction {
    return {
      sizeLimit: current.site.limits.messageSize,
      recipient: async (address) => {
        const target = findTarget(current, address);
        if (target !== null) return target;
        try {
          const renewed = await configuration(0);
          return findTarget(renewed, address) ?? unknown(renewed, address);
        } catch (error) {
          return trouble(error, peer);
        }
      },
      receive: (targets, message) => {
        const spool = openSpool(current);
        return receive({ spool, sender, targets, turnAway: turnAway(current), peer, log }, message);
      },
    };
  }

  return {
    sizeLimit: async () => {
      try {
        return (await configuration(FRESH_MS)).site.limits.messageSize;
      } catch {
        // MAIL says why.
        return null;
      }
    },
    begin: async (sender, peer) => {
      try {
        return transaction(await configuration(FRESH_MS), sender, peer);
      } catch (error) {
        return trouble(error, peer);
      }
    },
  };
}

function unknown(configuration: Configuration, address: string): Reply {
  const domain = address.slice(address.lastIndexOf('@') + 1);
  return isListDomain(configuration, domain)
    ? reply(550, '5.1.1', `no list has the address ${address}`)
    : reply(550, '5.1.2', `no list here has an address of the domain of ${address}`);
}

/**
 * The names of queues: ours, in the order in which mail flows through them, and the rule for the user's own.
 * A queue's name is a directory in the spool and a word in unit names, so the rule is narrow.
 */
import { type Objection, show } from './problem.ts';

/** Our queues with what each is for, one line for people. */
export const QUEUES = [
  { name: 'in', purpose: 'takes posts and decides: pass on, hold, reject or discard' },
  { name: 'commands', purpose: 'answers mail to the -request, -join, -leave and -confirm addresses' },
  { name: 'bounces', purpose: 'reads delivery failures and counts them against the member' },
  { name: 'archive', purpose: 'stores accepted posts in the list’s Maildir' },
  { name: 'news', purpose: 'passes accepted posts on to a newsgroup' },
  { name: 'virgin', purpose: 'prepares mail that the server itself wrote' },
  { name: 'retry', purpose: 'waits with deliveries that failed for a time' },
  { name: 'out', purpose: 'delivers to the members' },
] as const;

/** The name of one of {@link QUEUES}. */
export type QueueName = (typeof QUEUES)[number]['name'];

/** Queues whose entries are worked on one after the other, in the order in which they came. */
const ORDERED: readonly string[] = ['commands', 'bounces', 'news'] satisfies QueueName[];

/** True for a queue that is worked on in order: it is not cut into slices for workers. */
export function isOrdered(queue: string): boolean {
  return ORDERED.includes(queue);
}

/** True for a queue of ours. */
export function isQueueName(name: string): name is QueueName {
  return QUEUES.some((queue) => queue.name === name);
}

/** Names the spool uses for something that is no queue. */
const SPOOL_NAMES = ['bell', 'bell-source', 'lock'];

/** What is wrong with `name` as the name of a user's own queue, or `null`. */
export function userQueueNameMistake(name: string): Objection | null {
  if (isQueueName(name)) {
    return { message: `found ${show(name)}, which is a queue of qrunner itself`, fix: 'choose another name' };
  }
  if (SPOOL_NAMES.includes(name)) {
    return { message: `found ${show(name)}, which the spool uses for itself`, fix: 'choose another name' };
  }
  if (!/^[a-z][a-z0-9-]*$/.test(name) || name.length > 64) {
    return {
      message: `found ${show(name)}, wanted a letter, then letters, digits and "-", lower case, at most 64`,
      fix: 'choose another name, such as to-chat',
    };
  }
  return null;
}

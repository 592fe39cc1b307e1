/**
 * What is to be done with a post: the rules, in their order. Pure; the runner `in` carries the answer out.
 *
 *     loop        our own mark is on it                      discard
 *     released    a person let it go from held/              accept
 *     automatic   a reply by machine, or a null sender       discard
 *     size        larger than the list takes                 reject
 *     member      the member's own setting, else the list's  as set
 *     nonmember   the list's setting                         as set
 */
import { formatSize } from '../base/size.ts';
import type { ListSettings, PostingAction } from '../config/site.ts';
import type { Member } from '../list/roster.ts';
import { addressKey } from '../mail/address.ts';
import { automaticKind } from '../mail/automatic.ts';
import { getFields, type Header } from '../mail/header.ts';
import { listId } from '../mail/list-address.ts';

/** The rule that decided. */
export type ScreeningRule = 'loop' | 'released' | 'automatic' | 'size' | 'owner' | 'member' | 'nonmember';

/** What was decided, by which rule, and why, in words for the author and the owner. */
export type Screening = {
  readonly action: PostingAction;
  readonly rule: ScreeningRule;
  readonly reason: string;
};

/** What the rules look at. */
export type Post = {
  readonly header: Header;
  /** Bytes. */
  readonly size: number;
  /** RFC 5321 reverse-path; `''` null, `null` unknown. */
  readonly sender: string | null;
  /** Author's address, from From or else the reverse-path; `null` when there is neither. */
  readonly author: string | null;
  /** The author as a member, or `null`. */
  readonly member: Member | null;
  readonly released: boolean;
};

/** True when the message has been through the address before. */
export function hasBeenThere(header: Header, address: string): boolean {
  const key = addressKey(address);
  return getFields(header, 'X-BeenThere').some((value) => addressKey(value) === key);
}

/** Decides about a post. */
export function screenPost(list: ListSettings, post: Post): Screening {
  const ids = getFields(post.header, 'List-Id').map((value) => /<([^<>]*)>/.exec(value)?.[1] ?? value);
  if (hasBeenThere(post.header, list.address) || ids.some((id) => id.toLowerCase() === listId(list))) {
    return { action: 'discard', rule: 'loop', reason: `it has been through ${list.address} already` };
  }
  if (post.released) return { action: 'accept', rule: 'released', reason: 'released by a person' };
  const kind = automaticKind(post.header, post.sender);
  if (kind === 'null-sender' || kind === 'replied') {
    const what =
      kind === 'replied'
        ? 'it is an automatic reply'
        : 'it has the null reverse-path, like a delivery report';
    return { action: 'discard', rule: 'automatic', reason: what };
  }
  if (post.size > list.messageSize) {
    const reason = `it has ${formatSize(post.size)}, and the list takes at most ${formatSize(list.messageSize)}`;
    return { action: 'reject', rule: 'size', reason };
  }
  if (post.author !== null) {
    const key = addressKey(post.author);
    if (list.owners.some((owner) => addressKey(owner) === key)) {
      return { action: 'accept', rule: 'owner', reason: `${post.author} owns the list` };
    }
  }
  if (post.member !== null) {
    const own = post.member.posting;
    return own === 'default'
      ? {
          action: list.posting.members,
          rule: 'member',
          reason: `the list ${does(list.posting.members)} posts by members`,
        }
      : { action: own, rule: 'member', reason: `the list ${does(own)} posts by ${post.member.address}` };
  }
  const action = list.posting.nonmembers;
  const who = post.author === null ? 'it does not say who wrote it' : `${post.author} is not a member`;
  return { action, rule: 'nonmember', reason: `${who}, and the list ${does(action)} posts by others` };
}

function does(action: PostingAction): string {
  return action === 'hold' ? 'holds' : action === 'reject' ? 'rejects' : `${action}s`;
}

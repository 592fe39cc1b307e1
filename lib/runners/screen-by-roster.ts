/** The decision about a post, with its author looked up in the roster: for the runner `in`, and for mail that is just coming in. */
import type { ListSettings } from '../config/site.ts';
import { findMember } from '../list/roster.ts';
import { type Post, type Screening, screenPost } from '../post/screen.ts';
import type { Database } from '../state/database.ts';
import { authorOf } from './author-of.ts';

/** The decision, and the author's address, or `null`. */
export type Screened = { readonly screening: Screening; readonly author: string | null };

/** Decides about a post. The author is whom From names, else the reverse-path; as a member he is found by either. */
export async function screenByRoster(
  db: Database,
  list: ListSettings,
  post: Omit<Post, 'author' | 'member'>,
): Promise<Screened> {
  const author = (await authorOf(post.header, post.sender))?.address ?? null;
  const member =
    (author === null ? null : findMember(db, list.address, author)) ??
    (post.sender ? findMember(db, list.address, post.sender) : null);
  return { author, screening: screenPost(list, { ...post, author, member }) };
}

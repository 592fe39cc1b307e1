/** Commands in mail to a list's -request, -join, -leave and -confirm addresses: words to values. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { Role } from '../spool/entry.ts';

/** One command. */
export type Command =
  | { readonly kind: 'help' | 'join' | 'leave' | 'who' }
  | { readonly kind: 'confirm'; readonly token: string }
  | { readonly kind: 'echo'; readonly words: string }
  | { readonly kind: 'unknown'; readonly line: string };

/** Commands of one message that are carried out; what is over is left alone. */
export const COMMAND_LIMIT = 10;

const JOIN = new Set(['join', 'subscribe']);
const LEAVE = new Set(['leave', 'unsubscribe', 'remove']);
const END = new Set(['end', 'stop', 'quit', '--']);

/** One line; `null` ends the commands. */
function parseLine(line: string): Command | null {
  const [first = '', ...rest] = line.trim().split(/\s+/);
  const word = first.toLowerCase();
  if (END.has(word)) return null;
  if (JOIN.has(word)) return { kind: 'join' };
  if (LEAVE.has(word)) return { kind: 'leave' };
  switch (word) {
    case 'help':
    case 'who':
      return { kind: word };
    case 'confirm':
      return { kind: 'confirm', token: rest[0] ?? '' };
    case 'echo':
      return { kind: 'echo', words: rest.join(' ') };
    default:
      return { kind: 'unknown', line: line.trim() };
  }
}

/**
 * The commands of a message. The address it came to says it already for join, leave and confirm+TOKEN; then its
 * text is not read. Otherwise `lines` (the subject first) are read up to `end`, or up to the first line of the text
 * that is no command once there was one: what follows is a signature or a quotation. Said twice, in the subject and
 * in the text, counts once.
 */
export function parseCommands(role: Role, extension: string | null, lines: readonly string[]): Command[] {
  if (role === 'join' || role === 'leave') return [{ kind: role }];
  if (role === 'confirm' && extension !== null) return [{ kind: 'confirm', token: extension }];
  const commands: Command[] = [];
  const [subject = '', ...text] = lines;
  const fromSubject = subject.trim() === '' ? null : parseLine(subject);
  if (fromSubject && fromSubject.kind !== 'unknown') commands.push(fromSubject);
  for (const line of text) {
    const command = parseLine(line);
    if (command === null || (command.kind === 'unknown' && commands.length > 0)) break;
    if (!commands.some((before) => isDeepStrictEqual(before, command))) commands.push(command);
    if (commands.length >= COMMAND_LIMIT) break;
  }
  if (commands.length === 0 && fromSubject) commands.push(fromSubject);
  return commands;
}

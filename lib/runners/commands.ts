/**
 * Mail to -request, -join, -leave and -confirm: carried out once, answered.
 *
 * Promises: joining and leaving need a token that was mailed to the address. A machine gets no answer (RFC 3834),
 * and nobody gets one at another address than the one he wrote from.
 */
import type { ListSettings } from '../config/site.ts';
import { automaticKind } from '../mail/automatic.ts';
import { commandLines } from '../mail/command-text.ts';
import { getField } from '../mail/header.ts';
import { answerAll } from '../post/answer.ts';
import { COMMAND_LIMIT, type Command, parseCommands } from '../post/command.ts';
import { noticeOutput } from '../post/notice.ts';
import type { Entry, Output } from '../spool/entry.ts';
import { once } from '../state/effects.ts';
import { authorOf } from './author-of.ts';
import { headerOf } from './header-of.ts';
import type { Runner, Verdict } from './runner.ts';
import { listOf, type Services } from './services.ts';
import { tidyState } from './tidy-state.ts';

/** Messages larger than this are not commands, bytes. */
const SIZE_LIMIT = 1024 * 1024;

/** Opens the runner of the queue commands. */
export function openCommandsRunner(services: Services): Runner {
  return {
    // In order: who asks to leave and then to join means it in this order.
    concurrency: 1,
    run: (entry) => obey(services, listOf(services, entry), entry),
    close: () => tidyState(services),
  };
}

async function obey(services: Services, list: ListSettings, entry: Entry): Promise<Verdict> {
  const { header } = await headerOf(entry);
  const kind = automaticKind(header, entry.meta.sender);
  if (kind !== 'no') return { kind: 'done', outputs: [], note: `no answer to a machine: ${kind}` };
  const author = await authorOf(header, entry.meta.sender);
  if (author === null) return { kind: 'done', outputs: [], note: 'nobody to answer' };
  const commands = await readCommands(entry);
  const db = await services.database();
  const answer = once(db, entry.id, 'commands', () =>
    answerAll(db, list, author.address, author.name, commands, entry.receivedAt),
  );
  const outputs: Output[] = [];
  for (const [index, letter] of answer.letters.entries()) {
    const { to, subject, text, from } = letter;
    const notice = { tag: `letter${index}`, to: [to], subject, text, ...(from === null ? {} : { from }) };
    outputs.push(await noticeOutput(entry, list, notice));
  }
  if (answer.results.length > 0) {
    const notice = {
      tag: 'results',
      to: [author.address],
      subject: `The results of your commands to ${list.name}`,
      text: answer.results.join('\n\n'),
      inReplyTo: getField(header, 'Message-ID'),
    };
    outputs.push(await noticeOutput(entry, list, notice));
  }
  return { kind: 'done', outputs, note: commands.map((command) => command.kind).join(',') };
}

async function readCommands(entry: Entry): Promise<Command[]> {
  const { role, extension } = entry.meta;
  const direct = role === 'join' || role === 'leave' || (role === 'confirm' && extension !== null);
  const lines =
    direct || entry.size > SIZE_LIMIT ? [] : await commandLines(await entry.read(), 5 * COMMAND_LIMIT);
  const commands = parseCommands(role ?? 'request', extension, lines);
  return commands.length > 0 ? commands : [{ kind: 'help' }];
}

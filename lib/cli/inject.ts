/**
 * `qrunner inject`: what a mail server's pipe calls. Everything that may pass ends with 75, a wrong configuration and a bug
 * of ours among them, since a mail server takes any other status for final and sends the mail back.
 */
import { Argument, type Command } from 'commander';
import { ExpectedError, errorText, TemporaryError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import type { Configuration } from '../config/site.ts';
import { inject } from '../intake/inject.ts';
import { findTarget, type ListTarget, QUEUE_OF_ROLE } from '../intake/list-target.ts';
import { parseRole } from '../mail/list-address.ts';
import { ROLES, type Role } from '../spool/entry.ts';
import type { Context } from './context.ts';
import { print, printJson } from './io.ts';
import { findList, openSite, openSiteSpool, queueNames } from './open-site.ts';

type InjectOptions = { to?: string; sender?: string; extension?: string; queue?: string };

/** Statuses a mail server may take for final; all others become 75. */
const FINAL: readonly number[] = [EX.USAGE, EX.DATAERR, EX.NOUSER];

/** Declares the command. */
export function declare(command: Command, context: Context): void {
  command
    .description(
      'Take a message on standard input. LIST is a list, or any of its addresses (friends-request@example.org). ' +
        'Exits 0 only when the message is durable; 75 for all that may pass, 67 for an unknown list, 65 for what is no message.',
    )
    .addArgument(new Argument('<list>', 'a list, or one of its addresses'))
    .option('-t, --to <role>', `which of its addresses: ${ROLES.join(', ')}`)
    .option(
      '-f, --sender <address>',
      'reverse-path; "" for the null one (default: Return-Path of the message)',
    )
    .option('-x, --extension <text>', 'what stood behind + in the address')
    .option('-q, --queue <name>', 'put it into this queue instead of the one for its address')
    .action(async (name: string, options: InjectOptions) => {
      try {
        await injectAction(name, options, context);
      } catch (error) {
        if (error instanceof ExpectedError && FINAL.includes(error.status)) throw error;
        if (error instanceof TemporaryError) throw error;
        throw new TemporaryError(errorText(error), { cause: error });
      } finally {
        // A writer who keeps the pipe open must not keep us.
        context.io.stdin.destroy();
      }
    });
}

async function injectAction(name: string, options: InjectOptions, context: Context): Promise<void> {
  const role = options.to === undefined ? null : parseRole(options.to);
  if (options.to !== undefined && role === null) {
    throw new ExpectedError(EX.USAGE, `no address "${options.to}": there are ${ROLES.join(', ')}`);
  }
  const configuration = await openSite(context);
  const { site } = configuration;
  const target = resolveTarget(configuration, name, role);
  const queues = queueNames(site);
  const queue = options.queue ?? QUEUE_OF_ROLE[target.role];
  if (!queues.includes(queue))
    throw new ExpectedError(EX.USAGE, `no queue "${queue}": there are ${queues.join(', ')}`);
  const added = await inject(
    openSiteSpool(site),
    {
      queue,
      list: target.list.address,
      role: target.role,
      extension: options.extension ?? target.extension,
      sender: options.sender === undefined ? null : options.sender.replace(/^<(.*)>$/, '$1'),
      sizeLimit: site.limits.messageSize,
    },
    context.io.stdin,
  );
  const { json, verbose } = context.globals();
  if (json) printJson(context.io, { queue, ...added });
  else if (verbose) print(context.io, `${queue} ${added.id}`);
}

/** A list's name, or any address of a list. */
function resolveTarget(configuration: Configuration, name: string, role: Role | null): ListTarget {
  const target = name.includes('@') ? findTarget(configuration, name) : null;
  if (target !== null) return { ...target, role: role ?? target.role };
  return { list: findList(configuration, name), role: role ?? 'posting', extension: null };
}

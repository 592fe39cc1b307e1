/** `qrunner mta`: what a mail server's configuration must say, so that mail for the lists comes in. Changes nothing. */
import path from 'node:path';
import { Argument, type Command } from 'commander';
import { ExpectedError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import type { Configuration } from '../config/site.ts';
import type { Context } from './context.ts';
import { print } from './io.ts';
import { eximText, type LmtpHandover, type MtaText, opensmtpdText, postfixText } from './mta-texts.ts';
import { openSite } from './open-site.ts';

type MtaOptions = { socket?: string; pipe?: boolean; user?: string; table?: boolean };

/** Where the system's units have the socket when qrunner.yaml does not say. */
const SOCKET = '/run/qrunner/lmtp.sock';

const SERVERS = ['postfix', 'exim', 'opensmtpd'];

/** Declares the command. */
export function declare(command: Command, context: Context): void {
  const names = SERVERS.join(', ');
  command
    .description(`Print what a mail server's configuration must say for this site: ${names}.`)
    .addArgument(new Argument('<server>', names))
    .option('--table', 'print the table of addresses only, to be written to its file')
    .option('--socket <path>', `the LMTP socket (default: that of the units, else ${SOCKET})`)
    .option('--pipe', 'for Postfix: hand mail over by a pipe into "qrunner inject" instead')
    .option('--user <name>', 'who runs the lists (default: the user of the units)')
    .action(async (server: string, options: MtaOptions) => {
      if (!SERVERS.includes(server)) {
        throw new ExpectedError(EX.USAGE, `no mail server "${server}" is known here: there are ${names}`);
      }
      const { settings, table } = textFor(server, await openSite(context), options, context);
      if (options.table !== true) print(context.io, settings);
      else if (table !== '') print(context.io, table);
    });
}

function textFor(
  server: string,
  configuration: Configuration,
  options: MtaOptions,
  context: Context,
): MtaText {
  const { lmtpSocket, user: unitUser } = configuration.site.systemd;
  const { pipe, socket = lmtpSocket ?? SOCKET, user = unitUser } = options;
  if (pipe) {
    if (server !== 'postfix') throw new ExpectedError(EX.USAGE, '--pipe is for postfix: leave it out');
    const { config } = context.globals();
    const site = config === undefined ? [] : ['--config', path.resolve(config)];
    // By their full paths: a mail server's pipe has a search path of its own.
    const command = [process.execPath, path.resolve(process.argv[1] ?? 'qrunner'), ...site];
    return postfixText(configuration, { kind: 'pipe', user, command });
  }
  if (!path.isAbsolute(socket)) {
    throw new ExpectedError(EX.USAGE, `--socket "${socket}": wanted an absolute path, such as ${SOCKET}`);
  }
  const lmtp: LmtpHandover = { kind: 'lmtp', socket, user };
  if (server === 'exim') return eximText(configuration, lmtp);
  return server === 'opensmtpd' ? opensmtpdText(configuration, lmtp) : postfixText(configuration, lmtp);
}

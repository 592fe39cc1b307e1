/**
 * From the command line to an exit status: the only place that decides it.
 *
 * A new command is a file beside this one and a line in COMMANDS; its file is loaded when its name is called. The run is
 * loaded with this file: it is what is started most, and each file more costs its start.
 */
import { Command, CommanderError, Option } from 'commander';
import { ExpectedError, errorText } from '../base/errors.ts';
import { EX, type ExitStatus } from '../base/sysexits.ts';
import { collect } from './collect.ts';
import type { Context } from './context.ts';
import { complain, type Io, print } from './io.ts';
import { runAction } from './run.ts';
import { VERSION } from './version.ts';

/** Adds arguments, options and the action to a command. */
export type Declare = (command: Command, context: Context) => void;

type Row = {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<{ declare: Declare }>;
};

const COMMANDS: readonly Row[] = [
  { name: 'init', summary: 'write a starter configuration', load: () => import('./init.ts') },
  { name: 'check', summary: 'say all that is wrong with a site', load: () => import('./check.ts') },
  { name: 'inject', summary: 'take a message on standard input', load: () => import('./inject.ts') },
  { name: 'lmtp', summary: 'take mail by LMTP', load: () => import('./lmtp.ts') },
  { name: 'mta', summary: 'print what a mail server must be told', load: () => import('./mta.ts') },
  { name: 'queue', summary: 'see and move what lies in the queues', load: () => import('./queue.ts') },
  { name: 'out', summary: 'hold back mail that goes out, or try it now', load: () => import('./out.ts') },
  {
    name: 'destinations',
    summary: 'where mail went, and what was out of reach',
    load: () => import('./destinations.ts'),
  },
  { name: 'cull', summary: 'remove what was set aside long ago', load: () => import('./cull.ts') },
  { name: 'bounces', summary: 'decide what bounces lead to', load: () => import('./bounces.ts') },
  { name: 'list', summary: 'create, show and remove lists', load: () => import('./list.ts') },
  { name: 'units', summary: 'the systemd units of a site', load: () => import('./units.ts') },
  { name: 'periodic', summary: 'run the jobs that are due', load: () => import('./periodic.ts') },
  { name: 'member', summary: 'add, remove, show and change members', load: () => import('./member.ts') },
];

async function buildProgram(
  argv: readonly string[],
  context: (program: Command) => Context,
): Promise<Command> {
  const program = new Command('qrunner')
    .description('Mailing lists with nothing running: drains the mail queues and exits.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help')
    .option('-C, --config <file>', 'the site (qrunner.yaml or its directory)')
    .option('-a, --all', 'run every runner')
    .option('-r, --runner <name[:slice:range]>', 'run this runner; may be given several times', collect)
    .option('-o, --once', 'drain to empty and exit')
    .option('--watch', 'drain, wait for more, and drain again until told to end')
    .option('--sleep <time>', 'with --watch: look at least this often; the default is 15m')
    .option('-l, --list', 'name the runners')
    .addOption(new Option('--wait [time]', 'wait for another run to end, at most this long').preset('10m'))
    .option('--workers <number>', 'work in so many processes, each on a slice of every queue')
    .option('--max-entries <number>', 'begin no more entries than this, and leave the rest to the next run')
    .option('--max-seconds <number>', 'begin no entry after this time, and leave the rest to the next run')
    .option('--json', 'write for machines')
    .option('-v, --verbose', 'say more')
    .enablePositionalOptions()
    .showHelpAfterError('(qrunner --help shows the options)');
  const run = context(program);
  program.action(async () => {
    const [word] = program.args;
    if (word !== undefined) {
      const names = COMMANDS.map(({ name }) => name).join(', ');
      throw new ExpectedError(EX.USAGE, `no command "${word}": there are ${names}`);
    }
    await runAction(program, run);
  });
  for (const { name, summary, load } of COMMANDS) {
    const command = program.command(name).summary(summary).description(summary);
    if (argv.includes(name)) (await load()).declare(command, run);
  }
  // Set last, since the commands above would take it over: a word too many is for the action to name.
  return program.allowExcessArguments();
}

/** Sends what commander writes to the call's streams and turns its exits into errors. */
function tame(command: Command, io: Io): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => print(io, text),
    writeErr: (text) => complain(io, text),
    getOutHelpWidth: () => io.stdout.columns ?? 80,
    getErrHelpWidth: () => 80,
  });
  for (const sub of command.commands) tame(sub, io);
}

/** Runs one command line. Never throws; the promise resolves to the exit status. */
export async function main(argv: readonly string[], io: Io): Promise<ExitStatus> {
  let status: ExitStatus = EX.OK;
  try {
    const program = await buildProgram(argv, (built) => ({
      io,
      globals: () => {
        const {
          config,
          json = false,
          verbose = false,
        } = built.opts<{ config?: string; json?: boolean; verbose?: boolean }>();
        return { config, json, verbose };
      },
      exit: (next) => {
        status = next;
      },
      call: (other) => main(other, io),
    }));
    tame(program, io);
    await program.parseAsync(argv, { from: 'user' });
    return status;
  } catch (error) {
    return explain(error, io);
  }
}

function explain(error: unknown, io: Io): ExitStatus {
  // Commander has written its message already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EX.OK : EX.USAGE;
  if (error instanceof ExpectedError) {
    complain(io, `qrunner: ${errorText(error)}`);
    return error.status;
  }
  complain(
    io,
    `qrunner: a bug, please report it: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  return EX.SOFTWARE;
}

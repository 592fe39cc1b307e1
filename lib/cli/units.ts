/** `qrunner units`: the systemd units of a site, made from its configuration. */
import type { Command } from 'commander';
import type { Context } from './context.ts';
import { type PlaceOptions, type PlanOptions, placeOptions, planOptions } from './units-plan.ts';

type Doing = { dryRun?: boolean; force?: boolean };

const ROOT = [
  '--root <dir>',
  'a packager’s directory that stands for /: files only, systemd is not called',
] as const;
const DRY_RUN = ['--dry-run', 'say what would be done, and change nothing'] as const;

/** Declares the command and its own commands. */
export function declare(command: Command, context: Context): void {
  command.description('The systemd units of this site, made from its configuration.');
  planOptions(command.command('print'))
    .summary('print the units')
    .option(...ROOT)
    .action(async (options: PlanOptions) => (await import('./units-show.ts')).printUnits(options, context));
  planOptions(command.command('diff'))
    .summary('show how the units that lie there differ from what would be made')
    .option(...ROOT)
    .action(async (options: PlanOptions) => (await import('./units-show.ts')).diffUnits(options, context));
  planOptions(command.command('install'))
    .summary('write the units, enable and start them')
    .option(...ROOT)
    .option(...DRY_RUN)
    .option('--force', 'replace files that were changed by hand')
    .action(async (options: PlanOptions & Doing) =>
      (await import('./units-install.ts')).installAction(options, context),
    );
  placeOptions(command.command('remove'))
    .summary('stop, disable and remove the units; mail stays')
    .option(...ROOT)
    .option(...DRY_RUN)
    .option('--force', 'remove files that were changed by hand, too')
    .action(async (options: PlaceOptions & Doing) =>
      (await import('./units-install.ts')).removeAction(options, context),
    );
  planOptions(command.command('status'))
    .summary('say how the units are, what is wrong, and what mends it')
    .action(async (options: PlanOptions) =>
      (await import('./units-status.ts')).statusAction(options, context),
    );
}

/** `qrunner check`: all that is wrong with a site, at once. */
import type { Command } from 'commander';
import { EX } from '../base/sysexits.ts';
import { formatProblem } from '../config/format-problem.ts';
import { openConfiguration } from '../config/open.ts';
import type { Problem } from '../config/problem.ts';
import { placeNotes } from './check-notes.ts';
import { placeProblems } from './check-places.ts';
import { ownerProblems } from './check-spool.ts';
import type { Context } from './context.ts';
import { isTerminal, print, printJson } from './io.ts';
import { siteFile } from './open-site.ts';

/** Declares the command. */
export function declare(command: Command, context: Context): void {
  command
    .description(
      'Say everything that is wrong with the configuration, with file, line, column and the fix. Exits 78 when something is.',
    )
    .action(async () => {
      const file = siteFile(context);
      const { configuration, problems } = await openConfiguration(file, {
        cache: false,
        env: context.io.env,
      });
      const all: Problem[] =
        configuration === null
          ? [...problems]
          : [...placeProblems(configuration.site), ...ownerProblems(configuration.site)];
      const notes = configuration === null ? [] : placeNotes(configuration.site);
      report(context, file, { problems: all, notes }, configuration?.lists.size ?? 0);
      if (all.length > 0) context.exit(EX.CONFIG);
    });
}

type Findings = { readonly problems: readonly Problem[]; readonly notes: readonly string[] };

function report({ io, globals }: Context, file: string, { problems, notes }: Findings, lists: number): void {
  if (globals().json) {
    printJson(io, { file, problems, notes });
    return;
  }
  for (const note of notes) print(io, `note: ${note}`);
  if (problems.length === 0) {
    print(io, `${file}: right, ${lists === 1 ? '1 list' : `${lists} lists`}`);
    return;
  }
  const format = { colour: isTerminal(io), base: process.cwd() };
  for (const problem of problems) print(io, formatProblem(problem, format));
  print(io, `\n${problems.length === 1 ? '1 problem' : `${problems.length} problems`}`);
}

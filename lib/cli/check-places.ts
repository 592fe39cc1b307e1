/** Whether the directories a site names can be used by whoever runs the check. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileProblem, type Problem } from '../config/problem.ts';
import type { Site } from '../config/site.ts';

/** Problems of the spool, the state and the archive: each must be a writable directory, or be makeable. */
export function placeProblems(site: Site): Problem[] {
  const places: [string, string][] = [
    ['spool', site.spool],
    ['state', site.state],
    ['archive', site.archive],
  ];
  const { transport, routes } = site;
  if (transport.type === 'maildir') places.push(['transport.path', transport.path]);
  for (const [domain, route] of Object.entries(routes)) {
    if (route.type === 'maildir') places.push([`routes.${domain}.path`, route.path]);
  }
  return places.flatMap(([path, directory]) => {
    const problem = placeProblem(site.file, directory);
    return problem === null ? [] : [{ ...problem, path }];
  });
}

function placeProblem(file: string, directory: string): Problem | null {
  let there = directory;
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  if (!statSync(there).isDirectory()) {
    return fileProblem(file, {
      message: `${there} is not a directory`,
      fix: `move the file away, or name another directory: mv ${there} ${there}.old`,
    });
  }
  try {
    accessSync(there, constants.R_OK | constants.W_OK | constants.X_OK);
    return null;
  } catch {
    const user = process.geteuid?.() ?? 'this user';
    return fileProblem(file, {
      message: `${there} cannot be written by user ${user}`,
      fix: `run as the user of the lists, or give it the directory: chown -R ${user} ${there}`,
    });
  }
}

/** The user and the directories of the lists, for sysusers.d(5) and tmpfiles.d(5). */
import { join } from 'node:path';
import { word } from './escape.ts';
import { type UnitPlan, writablePaths } from './plan.ts';
import { comment } from './unit-text.ts';

/** Mode of the spool: the group may put mail in, and its files stay the group's. */
const SPOOL_MODE = '2770';

/** sysusers.d: users and groups that are there are left as they are. */
export function sysusers({ site }: UnitPlan): string {
  const { user, group } = site.systemd;
  const lines = [comment('What is there already is left as it is.')];
  if (group !== user) lines.push(`g ${group} -`);
  const id = group === user ? '-' : `-:${group}`;
  lines.push(`u ${user} ${id} "Mailing lists" ${word(site.state)} /usr/sbin/nologin`);
  return `${lines.join('\n')}\n`;
}

/** tmpfiles.d: the directories, never emptied. */
export function tmpfiles({ site }: UnitPlan): string {
  const { user, group } = site.systemd;
  const line = (path: string, mode: string) => `d ${word(path)} ${mode} ${user} ${group} -`;
  const lines = [
    comment('MakeDirectory= of a path unit would make them for root. Nothing in them is ever removed.'),
    line(site.spool, SPOOL_MODE),
    line(join(site.spool, 'bell'), SPOOL_MODE),
    ...writablePaths(site, null)
      .filter((path) => path !== site.spool)
      .map((path) => line(path, '0750')),
  ];
  return `${lines.join('\n')}\n`;
}

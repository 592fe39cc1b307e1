/** What tests of units share: plans without a computer, a systemd that only remembers what it was asked. */
import * as v from 'valibot';
import type { Site } from '../../lib/config/site.ts';
import { siteSchema } from '../../lib/config/site-schema.ts';
import type { Call, Said } from '../../lib/units/manager.ts';
import type { Places } from '../../lib/units/places.ts';
import type { UnitFile, UnitPlan } from '../../lib/units/plan.ts';
import { serverSettings, siteSettings } from './settings.ts';

/** The plan of a site below /srv/lists. */
export function unitPlan(changes: Partial<UnitPlan> = {}, site: Partial<Site> = {}): UnitPlan {
  return {
    name: 'qrunner',
    site: siteSettings('/srv/lists', { transport: SMTP, ...site }),
    shape: 'single',
    manager: 'system',
    exec: ['/usr/bin/node', '/opt/qrunner/qrunner.cjs'],
    execNamed: false,
    realPath: (path) => path,
    ...changes,
  };
}

/** A mail server on this host. */
export const SMTP = serverSettings({ host: 'localhost' });

/** The plan of the units in systemd/: the default configuration, installed by a package. */
export function defaultPlan(): UnitPlan {
  const data = { domain: 'lists.example.org', owner: 'ada@example.org' };
  const site = v.parse(siteSchema('/etc/qrunner/qrunner.yaml'), data);
  return unitPlan({ site, exec: ['/usr/bin/qrunner'], execNamed: true });
}

/** Where a file of the default units lies in the checkout. */
export function checkedInPath({ kind, name }: UnitFile): string {
  return kind === 'unit' ? `systemd/${name}` : `systemd/${kind}.d/${name}`;
}

/** Directories below one of the test's. */
export function placesIn(dir: string): Places {
  return { unit: `${dir}/system`, sysusers: `${dir}/sysusers.d`, tmpfiles: `${dir}/tmpfiles.d` };
}

/** The values of a key in a unit file, in order. */
export function valuesOf(text: string, key: string): string[] {
  return [...text.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value);
}

/** A systemd that does nothing: `calls` has each command line, `answers` what is said to those that begin so. */
export function fakeManager(answers: Readonly<Record<string, Partial<Said>>> = {}) {
  const calls: string[] = [];
  const call: Call = (program, args) => {
    const line = [program, ...args].join(' ');
    calls.push(line);
    const key = Object.keys(answers).find((start) => line.startsWith(start));
    return { status: 0, out: '', err: '', ...(key === undefined ? {} : answers[key]) };
  };
  return { call, calls };
}

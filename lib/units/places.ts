/** Where the files of units go. */
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { UnitFile, UnitPlan } from './plan.ts';

/** A directory for each kind of file; absolute. */
export type Places = Readonly<Record<UnitFile['kind'], string>>;

/** How the places are chosen. */
export type PlaceOptions = {
  readonly manager: UnitPlan['manager'];
  /** A packager's directory that stands for `/`, or `null` for this computer. */
  readonly root: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
};

/**
 * A package's files go below usr/lib; an administrator's below /etc, where they win; a user's into his configuration
 * directory (systemd.unit(5), "Unit file load path").
 */
export function placesOf({ manager, root, env }: PlaceOptions): Places {
  if (root !== null) {
    const below = resolve(root, 'usr/lib');
    return {
      unit: join(below, 'systemd', manager),
      sysusers: join(below, 'sysusers.d'),
      tmpfiles: join(below, 'tmpfiles.d'),
    };
  }
  if (manager === 'system') {
    return { unit: '/etc/systemd/system', sysusers: '/etc/sysusers.d', tmpfiles: '/etc/tmpfiles.d' };
  }
  const xdg = env.XDG_CONFIG_HOME;
  const config = xdg !== undefined && isAbsolute(xdg) ? xdg : join(env.HOME || homedir(), '.config');
  return {
    unit: join(config, 'systemd/user'),
    sysusers: join(config, 'sysusers.d'),
    tmpfiles: join(config, 'user-tmpfiles.d'),
  };
}

/** `qrunner init DIR`: a commented starter configuration that checks clean as it is. */
import { hostname, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { ExpectedError, errorCode, errorText, TemporaryError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import { starterSite } from '../config/starter.ts';
import { addressProblem, parseAddress } from '../mail/address.ts';
import type { Context } from './context.ts';
import { print } from './io.ts';
import { writeNewFile } from './write-new-file.ts';

type InitOptions = { domain?: string; owner?: string; spool?: string; state?: string };

/** Declares the command. */
export function declare(command: Command, context: Context): void {
  command
    .description(
      'Write a commented starter configuration into DIR. Files that are there already are left alone.',
    )
    .argument('<dir>', 'directory of the new qrunner.yaml; made when missing')
    .option('--domain <domain>', 'domain of the lists (default: this host’s)')
    .option('--owner <address>', 'who runs the site (default: postmaster at the domain)')
    .option(
      '--spool <dir>',
      'where mail on its way lies (default: DIR/spool, or /var/spool/qrunner for /etc/qrunner)',
    )
    .option(
      '--state <dir>',
      'where members and archives lie (default: DIR/state, or /var/lib/qrunner for /etc/qrunner)',
    )
    .action(async (dir: string, options: InitOptions) => initAction(resolve(dir), options, context));
}

async function initAction(directory: string, options: InitOptions, { io }: Context): Promise<void> {
  const { ensureDir } = await import('fs-extra/esm');
  const domain = options.domain ?? defaultDomain();
  const owner = options.owner ?? `postmaster@${domain}`;
  if (parseAddress(`x@${domain}`) === null) {
    throw new ExpectedError(EX.USAGE, `cannot use the domain "${domain}": wanted a name such as example.org`);
  }
  const problem = addressProblem(owner);
  if (problem !== null) throw new ExpectedError(EX.USAGE, `cannot use the owner "${owner}": ${problem}`);
  const system = directory === '/etc/qrunner';
  const spool =
    options.spool === undefined ? (system ? '/var/spool/qrunner' : 'spool') : resolve(options.spool);
  const state =
    options.state === undefined ? (system ? '/var/lib/qrunner' : 'state') : resolve(options.state);
  const file = join(directory, 'qrunner.yaml');
  try {
    await ensureDir(join(directory, 'lists'));
    writeNewFile(file, starterSite({ domain, owner, spool, state }));
  } catch (error) {
    if (errorCode(error) === null) throw error;
    throw new TemporaryError(`cannot write ${file}: ${errorText(error)}`, { cause: error });
  }
  const at = directory === '/etc/qrunner' ? '' : ` --config ${directory}`;
  print(
    io,
    `Wrote ${file}. Next:\n\n    qrunner${at} check\n    qrunner${at} list create NAME --owner ${owner}\n`,
  );
}

function defaultDomain(): string {
  const name = hostname().toLowerCase();
  if (name.includes('.') && parseAddress(`x@${name}`) !== null) return name;
  return `${parseAddress(`x@${name}.example`) === null ? userInfo().username : name}.example`;
}

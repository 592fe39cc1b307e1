/** `qrunner list`: lists are YAML files; these commands write, show and remove them. */
import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { ExpectedError, errorCode, errorText, TemporaryError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import { openConfiguration } from '../config/open.ts';
import type { ListSettings } from '../config/site.ts';
import { starterList } from '../config/starter.ts';
import { countMembers, removeList } from '../list/roster.ts';
import { addressProblem, parseAddress } from '../mail/address.ts';
import { listAddress } from '../mail/list-address.ts';
import { ROLES } from '../spool/entry.ts';
import { collect } from './collect.ts';
import type { Context } from './context.ts';
import { isTerminal, print, printJson } from './io.ts';
import { findList, lazyDatabase, openSite, siteFile } from './open-site.ts';
import { formatTable } from './table.ts';
import { writeNewFile } from './write-new-file.ts';

/** Declares the command and its own commands. */
export function declare(command: Command, context: Context): void {
  command.description('Lists: each is a YAML file in the lists directory, and its members are in the state.');
  command
    .command('create')
    .summary('write a new list’s file')
    .description('Write a commented file for a new list.')
    .argument('<name>', 'NAME, or NAME@DOMAIN for another domain than the site’s')
    .requiredOption('--owner <address>', 'who decides about held posts; may be given several times', collect)
    .option('--description <text>', 'one line for people who look for a list', '')
    .action(async (name: string, options: { owner: string[]; description: string }) =>
      create(name, options, context),
    );
  command
    .command('ls', { isDefault: true })
    .summary('name the lists and how many members they have')
    .action(async () => showAll(context));
  command
    .command('show')
    .summary('print a list’s settings and addresses')
    .argument('<list>')
    .action(async (name: string) => showOne(name, context));
  command
    .command('rm')
    .summary('remove a list and its members; its archive stays')
    .argument('<list>')
    .option('--yes', 'do it')
    .action(async (name: string, options: { yes?: boolean }) =>
      removeOne(name, options.yes === true, context),
    );
}

async function create(
  name: string,
  { owner, description }: { owner: string[]; description: string },
  context: Context,
): Promise<void> {
  const { site, lists } = await openSite(context);
  const wanted = name.toLowerCase();
  const address = wanted.includes('@') ? wanted : `${wanted}@${site.domain}`;
  if (lists.has(address)) throw new ExpectedError(EX.USAGE, `the list ${address} is there already`);
  if (parseAddress(address) === null)
    throw new ExpectedError(EX.USAGE, `cannot make the list "${name}": ${addressProblem(address)}`);
  for (const one of owner) {
    const problem = addressProblem(one);
    if (problem !== null) throw new ExpectedError(EX.USAGE, `cannot make "${one}" an owner: ${problem}`);
  }
  const stem = address.endsWith(`@${site.domain}`) ? address.slice(0, address.lastIndexOf('@')) : address;
  const file = join(site.lists, `${stem}.yaml`);
  await ensureDirectory(site.lists);
  writing(file, () => writeNewFile(file, starterList({ owners: owner, description })));
  // The rules for names and addresses are those of the configuration: what breaks them goes again at once.
  const { problems } = await openConfiguration(siteFile(context), { cache: false, env: context.io.env });
  const [problem] = problems;
  if (problem) {
    unlinkSync(file);
    throw new ExpectedError(EX.USAGE, `cannot make the list "${name}": ${problem.message}. ${problem.fix}`);
  }
  if (context.globals().json) return printJson(context.io, { address, file });
  print(context.io, `Wrote ${file}. Next: qrunner member add ${stem} ADDRESS`);
}

async function ensureDirectory(directory: string): Promise<void> {
  const { ensureDir } = await import('fs-extra/esm');
  try {
    await ensureDir(directory);
  } catch (error) {
    throw new TemporaryError(`cannot make ${directory}: ${errorText(error)}`, { cause: error });
  }
}

function writing(file: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (errorCode(error) === null) throw error;
    throw new TemporaryError(`cannot write ${file}: ${errorText(error)}`, { cause: error });
  }
}

async function showAll(context: Context): Promise<void> {
  const { io } = context;
  const { site, lists } = await openSite(context);
  if (lists.size === 0 && !context.globals().json)
    return print(io, 'No lists. Make one: qrunner list create NAME --owner ADDRESS');
  const db = await lazyDatabase(site)();
  const rows = [...lists.values()].map((list) => ({ list, count: countMembers(db, list.address) }));
  if (context.globals().json) {
    return printJson(
      io,
      rows.map(({ list, count }) => ({
        address: list.address,
        description: list.description,
        members: count,
      })),
    );
  }
  const table = await formatTable(
    [{ head: 'list' }, { head: 'members', right: true }, { head: 'description' }],
    rows.map(({ list, count }) => [list.address, count.total, list.description]),
    isTerminal(io),
  );
  print(io, table);
}

async function showOne(name: string, context: Context): Promise<void> {
  const configuration = await openSite(context);
  const list = findList(configuration, name);
  const count = countMembers(await lazyDatabase(configuration.site)(), list.address);
  if (context.globals().json) return printJson(context.io, { ...list, members: count });
  print(
    context.io,
    listRows(list, count)
      .map(([key, value]) => `${key.padEnd(14)} ${value}`)
      .join('\n'),
  );
}

function listRows(list: ListSettings, count: ReturnType<typeof countMembers>): [string, string][] {
  const rest = [`${count.enabled} get mail`];
  if (count.disabled > 0) rest.push(`${count.disabled} disabled`);
  if (count.bouncing > 0) rest.push(`${count.bouncing} bouncing`);
  return [
    ['list', list.address],
    ['description', list.description],
    ['file', list.file],
    ['owners', list.owners.join(', ')],
    ['members', `${count.total} (${rest.join(', ')})`],
    ['posts by', `members: ${list.posting.members}; others: ${list.posting.nonmembers}`],
    ['subscribe', list.subscribe],
    ['roster', `for ${list.roster}`],
    ['archive', list.archive ? 'yes' : 'no'],
    ['newsgroup', list.newsgroup ?? '-'],
    ...ROLES.map((role): [string, string] => [
      role === 'posting' ? 'addresses' : '',
      listAddress(list, role),
    ]),
  ];
}

async function removeOne(name: string, yes: boolean, context: Context): Promise<void> {
  const configuration = await openSite(context);
  const list = findList(configuration, name);
  const db = await lazyDatabase(configuration.site)();
  const { total } = countMembers(db, list.address);
  if (!yes) {
    throw new ExpectedError(
      EX.USAGE,
      `this removes ${list.file} and ${total} members of ${list.address}: say --yes to do it`,
    );
  }
  // The file first: without it no mail is taken in; members without a list harm nobody.
  writing(list.file, () => unlinkSync(list.file));
  removeList(db, list.address);
  print(
    context.io,
    `Removed ${list.address} and its ${total} members. Its archive stays in ${join(configuration.site.archive, list.address)}.`,
  );
}

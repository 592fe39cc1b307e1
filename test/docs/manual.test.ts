/** qrunner(1) against the program: every command, option, argument, exit status and variable, and nothing more. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { EX } from '../../lib/base/sysexits.ts';
import { LMTP_LIMITS } from '../../lib/intake/lmtp-limits.ts';
import { ROLES } from '../../lib/spool/entry.ts';
import { callProgram } from './call-program.ts';
import { read, root, sectionOf, tablesOf } from './source.ts';

/** Checks manual pages; not on every computer. */
const MANDOC = 'mandoc';

/** A command as its help, or the manual, tells of it. */
type Told = {
  /** `-f, --sender ARG`, sorted. */
  readonly options: readonly string[];
  /** Names of arguments, in order. */
  readonly words: readonly string[];
};

const manual = read('docs/man/qrunner.1');

/** The text below a section heading of the manual. */
function manualSection(name: string): string {
  const found = new RegExp(`^\\.Sh ${name}\\n([\\s\\S]*?)(?=^\\.Sh |(?![\\s\\S]))`, 'm').exec(manual);
  if (!found) throw new Error(`no section ${name}`);
  return found[1] ?? '';
}

/** The options in a piece of the manual; help, which every command has, is named once and not compared. */
function manualOptions(text: string): string[] {
  const options = [...text.matchAll(/^\.It (Fl .*)$/gm)].map(([, line = '']) => {
    const flags = [...line.matchAll(/Fl (-?[\w-]+)/g)].map(([, flag = '']) => `-${flag}`);
    return `${flags.join(', ')}${/ (?:Op )?Ar /.test(line) ? ' ARG' : ''}`;
  });
  return options.filter((option) => !option.includes('--help')).sort();
}

/** What the manual says of each command. */
function manualCommands(): Map<string, Told> {
  const told = new Map<string, Told>();
  for (const part of manualSection('COMMANDS')
    .split(/^\.Ss /m)
    .slice(1)) {
    const name = part.split('\n', 1)[0] ?? '';
    const synopsis = /^\.D1 Nm Cm (.*)$/m.exec(part)?.[1] ?? '';
    // Options with their arguments, and the word that stands for them, are not arguments.
    const bare = synopsis.replace(/Oo Ar option \.\.\. Oc|(?:Oo )?Fl \S+(?: Ar \S+)?(?: Oc)?/g, '');
    const words = [...bare.matchAll(/Ar (\S+)/g)].map(([, word = '']) => word);
    t.ok(synopsis.startsWith(name), `the line below .Ss ${name} names the command`);
    told.set(name, { options: manualOptions(part), words });
  }
  return told;
}

/** Options and arguments in the help of a command, and the names of its own commands. */
async function helpOf(path: readonly string[]): Promise<Told & { readonly commands: readonly string[] }> {
  const { stdout, status } = await callProgram([...path, '--help']);
  t.equal(status, 0, `${path.join(' ')} --help`);
  const part = (head: string) => new RegExp(`^${head}:\\n((?:.+\\n)*)`, 'm').exec(stdout)?.[1] ?? '';
  const options = [...part('Options').matchAll(/^ {2}(?=-)(-\w, )?(--[\w-]+)( [<[].*?[>\]](?= |$))?/gm)]
    .map(([, short = '', long = '', argument]) => `${short}${long}${argument === undefined ? '' : ' ARG'}`)
    .filter((option) => !option.includes('--help'));
  const commands = [...part('Commands').matchAll(/^ {2}([a-z]+)/gm)].map(([, name = '']) => name);
  const usage = /^Usage: (.*)$/m.exec(stdout)?.[1] ?? '';
  const words = [...usage.matchAll(/[<[]([a-z]+)(?:\.\.\.)?[>\]]/g)].map(([, word = '']) => word);
  return {
    options: options.sort(),
    words: words.filter((word) => word !== 'options' && word !== 'command'),
    commands: commands.filter((name) => name !== 'help'),
  };
}

await t.test('options of the program', async (t) => {
  const { options } = await helpOf([]);
  t.ok(options.length > 5, 'options were found');
  t.same(manualOptions(manualSection('DESCRIPTION')), options);
});

await t.test('commands, their options and arguments', async (t) => {
  const told = manualCommands();
  const there: string[] = [];
  for (const top of (await helpOf([])).commands) {
    const { commands, ...own } = await helpOf([top]);
    // `list` alone is `list ls`, `units` alone its help: these have a meaning of their own.
    const meansSomething = commands.length === 0 || ['queue', 'out', 'destinations'].includes(top);
    if (meansSomething) there.push(top);
    if (commands.length === 0) t.same(told.get(top), own, top);
    for (const name of commands) {
      const { options, words } = await helpOf([top, name]);
      there.push(`${top} ${name}`);
      t.same(told.get(`${top} ${name}`), { options, words }, `${top} ${name}`);
    }
  }
  t.same([...told.keys()].sort(), there.sort());
});

await t.test('exit statuses', async (t) => {
  const values = Object.values(EX);
  const inManual = [...manualSection('EXIT STATUS').matchAll(/^\.It (\d+)$/gm)].map(([, value]) =>
    Number(value),
  );
  t.same(inManual, values, 'qrunner(1)');
  const [table = []] = tablesOf(sectionOf(read('docs/OPERATING.md'), 'Exit statuses'));
  t.same(
    table.map(([value, name]) => [name, Number(value)]),
    Object.entries(EX),
    'OPERATING.md',
  );
});

await t.test('limits of lmtp', async (t) => {
  const text =
    (manualSection('COMMANDS').split('.Ss lmtp\n')[1] ?? '').split('.Ss ')[0]?.replace(/\n/g, ' ') ?? '';
  const { connections, commandBytes, lineBytes, recipients, errors, commandMs, messageMs, connectionMs } =
    LMTP_LIMITS;
  t.match(text, `At most ${connections} connections`);
  t.match(
    text,
    `may have ${commandBytes} octets, a line of a message ${lineBytes}, a transaction ${recipients} recipients`,
  );
  t.match(text, `within ${commandMs / 60_000} minutes`);
  t.same([messageMs, connectionMs], [3_600_000, 3_600_000], 'an hour');
  t.match(text, `After ${errors} wrong commands`);
  t.match(manualSection('SIGNALS').replace(/\n/g, ' '), `within ${LMTP_LIMITS.stopMs / 1_000} seconds`);
});

await t.test('roles of inject', async (t) => {
  const words = /^\.Cm (posting .*) \.$/m.exec(manualSection('COMMANDS'))?.[1] ?? '';
  t.same(words.split(' , '), ROLES);
});

const noMandoc = spawnSync(MANDOC, ['-T', 'lint', join(root, 'docs/man/qrunner.1')]).error
  ? 'no mandoc here'
  : false;

await t.test('mandoc has no objection', { skip: noMandoc }, async (t) => {
  for (const page of ['qrunner.1', 'qrunner.yaml.5']) {
    const { stdout } = spawnSync(MANDOC, ['-T', 'lint', '-W', 'warning', join(root, 'docs/man', page)], {
      encoding: 'utf8',
    });
    t.equal(stdout, '', page);
  }
});

/** What the documents show is run: the session of the README, the command and the module of QUEUES. */
import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { callProgram } from './call-program.ts';
import { blocksOf, read } from './source.ts';

const here = process.cwd();
t.teardown(() => process.chdir(here));

/** The environment of a call: nothing but its own cache. */
function environment(directory: string): NodeJS.ProcessEnv {
  return { QRUNNER_CONFIG: join(directory, 'site'), CACHE_DIRECTORY: join(directory, 'cache') };
}

/** The session with what changes from run to run taken out. */
function settled(text: string): string {
  return text
    .replace(/\b\d{16}-[0-9a-f]{20}\b/g, 'ID')
    .replace(/ \d+\.\d\d s$/gm, ' N s')
    .replace(/ +\d+s(?= |$)/gm, ' Ns')
    .replace(/ +$/gm, '');
}

/** Words of a command line as a shell takes them apart; quotes only. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? '',
  );
}

/** Commands and what they printed. */
function stepsOf(session: string): { readonly line: string; readonly printed: string }[] {
  return session
    .split(/^\$ /m)
    .slice(1)
    .map((step) => {
      const end = step.indexOf('\n');
      return { line: step.slice(0, end), printed: step.slice(end + 1) };
    });
}

await t.test('the session of the README', async (t) => {
  const blocks = blocksOf(read('README.md'), 'console');
  t.equal(blocks.length, 2, 'the session and its outcome');
  const steps = stepsOf(blocks.join(''));
  const message = steps.find(({ line }) => line === 'cat hello.eml')?.printed ?? '';
  const directory = t.testdir({
    'hello.eml': message,
    'offer.eml': 'From: Mallory <mallory@example.net>\nSubject: An offer\n\nCheap!\n',
  });
  process.chdir(directory);
  for (const { line, printed } of steps) {
    const [command, ...shell] = line.split(' < ');
    const [program, ...argv] = wordsOf(command ?? '');
    let output: string;
    if (program === 'qrunner') {
      const input = shell[0] === undefined ? '' : readFileSync(shell[0], 'utf8');
      const called = await callProgram(argv, { input, env: environment(directory), terminal: true });
      t.equal(called.status, 0, line);
      output = called.stdout + called.stderr;
    } else {
      output = spawnSync('sh', ['-c', line], { encoding: 'utf8' }).stdout;
    }
    t.equal(settled(output.replaceAll(directory, '/home/ada')), settled(printed), line);
  }
});

/** A site with one list that copies posts to a queue of the user's own, and one post on its way. */
async function siteWith(directory: string, queues: string): Promise<NodeJS.ProcessEnv> {
  const env = environment(directory);
  const call = async (argv: readonly string[], input = '') => {
    const { status, stderr } = await callProgram(argv, { input, env });
    if (status !== 0) throw new Error(`qrunner ${argv.join(' ')}: ${stderr}`);
  };
  await call([
    'init',
    join(directory, 'site'),
    '--domain',
    'lists.example.org',
    '--owner',
    'ada@example.org',
  ]);
  const file = join(directory, 'site/qrunner.yaml');
  writeFileSync(file, `${readFileSync(file, 'utf8')}\nqueues:\n${queues}`);
  await call(['list', 'create', 'friends', '--owner', 'ada@example.org']);
  const list = join(directory, 'site/lists/friends.yaml');
  writeFileSync(list, `${readFileSync(list, 'utf8')}\ncopy_to: [own]\nposting: { nonmembers: accept }\n`);
  await call(
    ['inject', 'friends', '--sender', 'bob@example.net'],
    'From: bob@example.net\nSubject: apples\nContent-Type: multipart/mixed; boundary=x\n\n--x--\n',
  );
  return env;
}

await t.test('the command of QUEUES', async (t) => {
  const [script = ''] = blocksOf(read('docs/QUEUES.md'), 'sh');
  const directory = t.testdir({});
  const subjects = join(directory, 'subjects');
  t.ok(script.includes('/tmp/subjects'), 'the script was found');
  writeFileSync(join(directory, 'own.sh'), script.replaceAll('/tmp/subjects', subjects));
  chmodSync(join(directory, 'own.sh'), 0o755);
  const env = await siteWith(directory, '  own:\n    exec: [../own.sh]\n');
  const { status, stderr } = await callProgram(['--all', '--once'], { env });
  t.equal(status, 0, stderr);
  t.equal(readFileSync(subjects, 'utf8'), 'friends@lists.example.org [friends] apples\n');
  t.equal((await callProgram(['queue'], { env })).stdout, 'All queues are empty.\n');
});

await t.test('the module of QUEUES', async (t) => {
  const [source = ''] = blocksOf(read('docs/QUEUES.md'), 'js');
  const directory = t.testdir({});
  t.ok(source.includes('export async function run'), 'the module was found');
  writeFileSync(join(directory, 'own.mjs'), source);
  process.chdir(directory);
  const env = await siteWith(
    directory,
    '  own:\n    module: ../own.mjs\n  to-review:\n    exec: [/bin/false]\n',
  );
  const { status, stderr } = await callProgram(['--all', '--once'], { env });
  t.equal(status, 0, stderr);
  t.match(readFileSync('sizes', 'utf8'), /^friends@lists\.example\.org \d+\n$/);
  const reviewed = readdirSync(join(directory, 'site/spool/to-review/shunt'));
  t.equal(reviewed.length, 2, 'the post with an attachment came to to-review, and /bin/false was told apart');
});

await t.test('the exit statuses of a command', async (t) => {
  for (const [command, state] of [
    ['/bin/true', null],
    ['[/bin/sh, -c, exit 75]', 'deferred'],
    ['[/bin/sh, -c, exit 65]', 'shunt'],
    ['[/bin/sh, -c, kill -9 $$]', 'shunt'],
  ] as const) {
    const directory = t.testdir({});
    const list = command.startsWith('[') ? command : `[${command}]`;
    const env = await siteWith(directory, `  own:\n    exec: ${list}\n`);
    await callProgram(['--all', '--once'], { env });
    const { stdout } = await callProgram(['--json', 'queue'], { env });
    const found = [...stdout.matchAll(/"queue":"own","state":"(\w+)"/g)].map(([, where]) => where);
    t.same(found, state === null ? [] : [state], command);
  }
});

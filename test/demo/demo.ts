/**
 * `npm run demo`: a throw-away site, real mail through all its queues, and a look at what came of it.
 *
 * Everything is done by the built program, as an administrator would do it. Ends with status 1 when what is shown is
 * not what should be there.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const program = join(root, 'dist/qrunner.cjs');
const site = mkdtempSync(join(tmpdir(), 'qrunner-demo-'));
const colour = process.stdout.isTTY;
const bold = (text: string) => (colour ? styleText('bold', text) : text);
const dim = (text: string) => (colour ? styleText('dim', text) : text);
const env = { ...process.env, QRUNNER_CONFIG: site, XDG_CACHE_HOME: join(site, 'cache') };
const wrong: string[] = [];

type Call = { readonly input?: string; readonly quiet?: boolean; readonly withLog?: boolean };

/** Runs the program, prints the command and what it said, and returns what it said. */
function qrunner(args: readonly string[], { input, quiet = false, withLog = true }: Call = {}): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    env,
    encoding: 'utf8',
    input: input === undefined ? '' : readFileSync(join(root, 'test/demo/mail', input), 'utf8'),
  });
  if (!quiet) {
    const words = args.map((word) => (/^[\w@.:/-]+$/.test(word) ? word : `'${word}'`)).join(' ');
    console.log(`$ qrunner ${words}${input === undefined ? '' : ` < ${input}`}`);
    const said = (withLog ? stdout + stderr : stdout).trimEnd();
    if (said !== '') console.log(dim(said.replace(/^/gm, '  ')));
  }
  if (status !== 0) wrong.push(`qrunner ${args.join(' ')} ended with status ${status}: ${stderr}`);
  return stdout;
}

function title(text: string): void {
  console.log(`\n${bold(text)}\n`);
}

function expect(what: string, right: boolean): void {
  if (!right) wrong.push(what);
}

/** The messages of a Maildir, or none. */
function maildir(path: string): string[] {
  try {
    return readdirSync(join(path, 'new'))
      .sort()
      .map((file) => readFileSync(join(path, 'new', file), 'utf8'));
  } catch {
    return [];
  }
}

const field = (message: string, name: string) =>
  new RegExp(`^${name}: (.*(?:\\r?\\n[ \\t].*)*)`, 'im')
    .exec(message)?.[1]
    ?.replace(/\r?\n\s+/g, ' ')
    .trim() ?? '';

function showMail(who: string, messages: readonly string[]): void {
  console.log(`  ${who}`);
  if (messages.length === 0) console.log(dim('      (nothing)'));
  for (const message of messages)
    console.log(`      ${field(message, 'Subject')}  ${dim(`from ${field(message, 'From')}`)}`);
}

/** Processes whose command line names the demo's site or program, ours excepted. */
function processesLeft(): string[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' });
  return (stdout ?? '').split('\n').filter((line) => line.includes(program) || line.includes(site));
}

title('A site in a temporary directory: one list for members only, three members');
qrunner(['init', site, '--domain', 'lists.example'], { quiet: true });
qrunner(['list', 'create', 'friends', '--owner', 'carl@example.com', '--description', 'Old friends']);
const listFile = join(site, 'lists/friends.yaml');
writeFileSync(
  listFile,
  `${readFileSync(listFile, 'utf8')}\nposting:\n  members: accept\n  nonmembers: reject\n`,
);
qrunner(['member', 'add', 'friends', 'ann@example.net', 'bob@example.org', 'carl@example.com']);
qrunner(['check']);

title('Mail comes in, as a mail server’s pipe hands it over');
qrunner(['inject', 'friends'], { input: 'post.eml' });
qrunner(['inject', 'friends'], { input: 'stranger.eml' });
qrunner(['inject', 'friends', '--to', 'request'], { input: 'request.eml' });
qrunner(['inject', 'friends', '--to', 'bounces', '--sender', ''], { input: 'bounce.eml' });
console.log('');
qrunner(['queue']);

title('One run drains every queue and exits');
const started = performance.now();
// Off a terminal a run is silent; --verbose brings the report, and a log that is left out here.
qrunner(['--all', '--once', '--verbose'], { withLog: false });
const seconds = (performance.now() - started) / 1000;

title('What each of them received');
const mail = (address: string) => maildir(join(site, 'state/maildir', address));
for (const member of ['ann@example.net', 'bob@example.org', 'carl@example.com']) {
  const received = mail(member);
  showMail(member, received);
  expect(
    `${member} has the post once`,
    received.filter((text) => field(text, 'Subject') === '[friends] Supper on Saturday').length === 1,
  );
  expect(
    `${member}'s copy has the body as it was`,
    received.some((text) => text.includes('soupe à l’oignon')),
  );
}
showMail('dora@example.com, who asked to join', mail('dora@example.com'));
expect(
  'dora was asked to confirm',
  mail('dora@example.com').some((text) => field(text, 'Subject').startsWith('confirm ')),
);
showMail('offers@example.biz, who is no member', mail('offers@example.biz'));
expect('the stranger was told', mail('offers@example.biz').length === 1);

title('The post as Bob has it');
const bobs = mail('bob@example.org')[0] ?? '';
console.log(dim(bobs.trimEnd().replace(/^/gm, '  ')));

title('The bounce was counted against Bob');
expect(
  'the bounce was counted',
  qrunner(['member', 'show', 'friends', 'bob@example.org']).includes('552 5.2.2'),
);

title('The archive');
const archived = maildir(join(site, 'state/archive/friends@lists.example'));
showMail('friends@lists.example', archived);
expect('the archive has the post once', archived.length === 1);

title('What is left');
qrunner(['queue']);
expect('the queues are empty', qrunner(['queue'], { quiet: true }).includes('All queues are empty'));
const left = processesLeft();
console.log(left.length === 0 ? '  No qrunner process is running.' : left.join('\n'));
expect('no process is left', left.length === 0);
console.log(`  The run took ${seconds.toFixed(2)} s from start to exit.`);

rmSync(site, { recursive: true, force: true });
if (wrong.length > 0) {
  console.log(`\n${bold('Not as it should be:')}\n${wrong.map((what) => `  ${what}`).join('\n')}`);
  process.exitCode = 1;
}

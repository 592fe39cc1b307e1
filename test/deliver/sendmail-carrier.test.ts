import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { SendmailSettings } from '../../lib/config/site.ts';
import { sendmailCarrier } from '../../lib/deliver/sendmail-carrier.ts';
import type { MessageSource, Outcome, Transaction } from '../../lib/smtp/transport.ts';
import { brokenMessage, messageOf } from './fake-server.ts';

const MESSAGE = messageOf('Subject: x\n\nbody\n');

function settingsOf(command: readonly string[], more: Partial<SendmailSettings> = {}): SendmailSettings {
  return {
    type: 'sendmail',
    command,
    timeoutMs: 10_000,
    connections: 3,
    recipients: 100,
    messageSize: null,
    schedule: null,
    ...more,
  };
}

/** A command that follows `script`; `$@` are its arguments. */
const shell = (script: string) => ['/bin/sh', '-c', script, 'sendmail'];

type Mail = { recipients?: readonly string[]; sender?: string; message?: MessageSource };

async function outcomesBy(
  command: readonly string[],
  { recipients = ['a@x.example'], sender = 's@y.example', message = MESSAGE }: Mail = {},
  {
    signal,
    mayPass,
    ...more
  }: Partial<SendmailSettings> & Pick<Transaction, 'mayPass'> & { signal?: AbortSignal } = {},
): Promise<readonly Outcome[]> {
  const lane = await sendmailCarrier(settingsOf(command, more)).open();
  const { outcomes, heard } = await lane.transact(
    { sender, recipients, message, ...(mayPass ? { mayPass } : {}) },
    signal,
  );
  await lane.close();
  t.ok(heard);
  return outcomes;
}

/** A command that keeps its arguments, one in a line, and its input, and what it has kept. */
function recorder(t: Test) {
  const dir = t.testdir();
  const file = (name: string) => {
    const path = join(dir, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : null;
  };
  return {
    command: shell(`printf '%s\\n' "$@" > ${dir}/args; cat > ${dir}/message`),
    args: () => file('args')?.trimEnd().split('\n') ?? null,
    message: () => file('message'),
  };
}

await t.test('the command line and the message', async (t) => {
  const { command, args, message } = recorder(t);
  t.match(await outcomesBy(command, { recipients: ['a@x.example', 'b@x.example'] }), [
    { recipient: 'a@x.example', kind: 'delivered', status: '2.0.0', reply: 'taken by /bin/sh' },
    { recipient: 'b@x.example', kind: 'delivered' },
  ]);
  t.same(args(), ['-i', '-f', 's@y.example', '--', 'a@x.example', 'b@x.example']);
  t.equal(message(), 'Subject: x\n\nbody\n');
  await outcomesBy(command, { sender: '' });
  t.same(args()?.slice(0, 4), ['-i', '-f', '<>', '--'], 'the null sender');
  const carrier = sendmailCarrier(settingsOf(['/usr/sbin/sendmail', '-oX']));
  t.equal(carrier.name, 'sendmail:/usr/sbin/sendmail');
  t.equal(carrier.connections, 3);
});

await t.test('line ends', async (t) => {
  const { command, message } = recorder(t);
  for (const [pieces, wanted] of [
    [['a\r\nb\r\n'], 'a\nb\n'],
    [['a\r', '\nb\r\n', '\r', '\n.\r\n'], 'a\nb\n\n.\n'],
    [['a\rb\n\r', 'c\r'], 'a\rb\n\rc\r'],
    [['', 'ä\r\n€\r\n'], 'ä\n€\n'],
    [[], ''],
  ] as const) {
    await outcomesBy(command, { message: messageOf(...pieces) });
    t.equal(message(), wanted, JSON.stringify(pieces));
  }
});

await t.test('no address is anything else', async (t) => {
  const { command, args } = recorder(t);
  const fine = [
    '-f@x.example',
    '"a, b"@x.example',
    'ü@bücher.example',
    'a@[192.0.2.1]',
    'a+b=c/d|e@x',
    'a@[IPv6:::1]',
  ];
  const wrong = [
    'a@x, b@x',
    'a',
    '|sh@x.example',
    '/etc@x.example',
    'a (b)@x.example',
    'a@x;b@x',
    'a<b@x>',
    'a b@x',
    '',
    'a@x\n',
    'g:a@x',
  ];
  const outcomes = await outcomesBy(command, { recipients: [...fine, ...wrong] });
  t.same(args()?.slice(4), fine);
  t.same(
    outcomes.map(({ recipient, kind, scope, status }) => [recipient, kind, scope, status]),
    [
      ...fine.map((recipient) => [recipient, 'delivered', 'recipient', '2.0.0']),
      ...wrong.map((recipient) => [recipient, 'permanent', 'recipient', '5.1.3']),
    ],
  );
});

await t.test('nobody is left, or the sender cannot be named', async (t) => {
  const { command, args } = recorder(t);
  t.match(await outcomesBy(command, { recipients: ['a'] }), [{ kind: 'permanent' }]);
  t.match(await outcomesBy(command, { sender: 'a b', recipients: ['a@x', 'b@x'] }), [
    { kind: 'permanent', scope: 'message', status: '5.1.7' },
    { kind: 'permanent', scope: 'message' },
  ]);
  t.equal(args(), null, 'it was not started');
});

await t.test('exit statuses', async (t) => {
  const table: Record<number, [string, string, string | null]> = {
    65: ['permanent', 'message', '5.6.0'],
    67: ['permanent', 'recipient', '5.1.1'],
    68: ['permanent', 'recipient', '5.1.2'],
    75: ['temporary', 'message', null],
  };
  for (const status of [1, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 126, 255]) {
    const [kind, scope, code] = table[status] ?? ['temporary', 'connection', null];
    const command = shell(`echo sorry; echo no >&2; exit ${status}`);
    const [outcome] = await outcomesBy(command);
    t.match(
      outcome,
      { kind, scope, status: code, reply: `/bin/sh ended with status ${status}: no` },
      `${status}`,
    );
    const both = await outcomesBy(command, { recipients: ['a@x', 'b@x'] });
    const about = scope === 'recipient' ? 'message' : scope;
    t.match(
      both,
      [
        { kind, scope: about },
        { kind, scope: about },
      ],
      'nothing is known of each',
    );
  }
  const [{ conversation } = {}] = await outcomesBy(shell('echo sorry; echo no >&2; exit 70'));
  t.match(conversation, /^> \/bin\/sh -c .* -i -f s@y\.example -- a@x\.example\n< sorry\n< no$/);
  const [long] = await outcomesBy(shell('yes | head -c 100000; exit 70'));
  t.ok((long?.conversation?.length ?? 0) < 8_200);
  t.match(await outcomesBy(shell('kill -9 $$')), [
    { kind: 'temporary', scope: 'connection', reply: '/bin/sh was ended by SIGKILL' },
  ]);
});

await t.test('a command that does not end', async (t) => {
  t.match(await outcomesBy(shell('exec sleep 60'), {}, { timeoutMs: 100 }), [
    { kind: 'temporary', scope: 'connection', reply: /did not end within/ },
  ]);
  const began = Date.now();
  t.match(await outcomesBy(shell('exec sleep 60'), {}, { signal: AbortSignal.timeout(100) }), [
    { kind: 'temporary', scope: 'connection', reply: 'not finished: the run is ending' },
  ]);
  const { command, args } = recorder(t);
  t.match(await outcomesBy(command, {}, { signal: AbortSignal.abort() }), [{ reply: /run is ending/ }]);
  t.equal(args(), null, 'it was not started');
  t.match(
    await outcomesBy(
      shell('trap "exit 0" TERM; while :; do sleep 0.01; done'),
      {},
      { signal: AbortSignal.timeout(200) },
    ),
    [{ kind: 'delivered' }],
    'who says that it is done, is done',
  );
  t.ok(Date.now() - began < 5_000);
});

await t.test('a delivery that goes on in the background', async (t) => {
  const began = Date.now();
  t.match(await outcomesBy(shell('sleep 20 & exit 0')), [{ kind: 'delivered' }]);
  t.ok(Date.now() - began < 5_000);
});

await t.test('a command that is not there', async (t) => {
  t.match(await outcomesBy(['/nowhere/sendmail']), [
    { kind: 'temporary', scope: 'connection', reply: /^cannot run \/nowhere\/sendmail: .*ENOENT/ },
  ]);
});

await t.test('a message that cannot be read', async (t) => {
  const dir = t.testdir();
  t.match(await outcomesBy(shell(`cat > /dev/null; : > ${dir}/taken`), { message: brokenMessage() }), [
    { kind: 'temporary', scope: 'message', reply: /^cannot read the message broken: EIO/ },
  ]);
  t.notOk(existsSync(join(dir, 'taken')));
});

await t.test('what came before is on record first', async (t) => {
  const { command, args } = recorder(t);
  const early: unknown[] = [];
  await outcomesBy(command, {}, { mayPass: async () => void early.push(args()) });
  t.same(early, [null]);
  t.ok(args());
});

await t.test('one after the other on one lane', async (t) => {
  const dir = t.testdir();
  const command = shell(`echo begin >> ${dir}/log; sleep 0.05; echo end >> ${dir}/log`);
  const lane = await sendmailCarrier(settingsOf(command)).open();
  const transaction = { sender: '', recipients: ['a@x'], message: MESSAGE };
  await Promise.all([lane.transact(transaction), lane.transact(transaction), lane.transact(transaction)]);
  t.ok(lane.alive());
  t.equal(readFileSync(join(dir, 'log'), 'utf8'), 'begin\nend\n'.repeat(3));
});

const SENDMAIL = '/usr/sbin/sendmail';
const postfix = existsSync('/usr/sbin/postdrop') && process.geteuid?.() === 0;

await t.test('Postfix’s sendmail', { skip: postfix ? false : 'needs Postfix and root' }, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'qrunner-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  for (const below of ['etc', 'data', 'queue/maildrop', 'queue/public'])
    mkdirSync(join(dir, below), { recursive: true });
  chmodSync(join(dir, 'queue/maildrop'), 0o1777);
  const main = [
    'compatibility_level = 3.6',
    `queue_directory = ${dir}/queue`,
    `data_directory = ${dir}/data`,
  ];
  writeFileSync(join(dir, 'etc/main.cf'), `${main.join('\n')}\n`);
  writeFileSync(join(dir, 'etc/master.cf'), '');
  const command = [SENDMAIL, '-C', join(dir, 'etc')];
  const mail = {
    sender: '',
    recipients: ['a@x.example', '"b, c"@x.example'],
    message: messageOf('Subject: x\r\n\r\nbody\r\n.\r\nmore\r\n'),
  };
  t.match(await outcomesBy(command, mail), [{ kind: 'delivered' }, { kind: 'delivered' }]);
  const [file = '', ...others] = readdirSync(join(dir, 'queue/maildrop'));
  t.same(others, []);
  const { stdout } = spawnSync('postcat', ['-c', join(dir, 'etc'), join(dir, 'queue/maildrop', file)], {
    encoding: 'utf8',
  });
  t.match(stdout, /^sender: $/m);
  t.match(stdout, /^recipient: a@x\.example\nrecipient: b, c@x\.example$/m);
  t.match(stdout, /^Subject: x\n\nbody\n\.\nmore\n/m);
  writeFileSync(join(dir, 'etc/main.cf'), `${main.join('\n')}\nauthorized_submit_users = !root\n`);
  t.match(
    await outcomesBy(command, mail),
    [{ kind: 'temporary', scope: 'message', reply: /not allowed to submit mail/ }, {}],
    'who may not is told so, and no member suffers for it',
  );
});

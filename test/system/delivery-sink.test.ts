/** Servers that do what they should not: Postfix's smtp-sink with each of its options, and what becomes of two recipients. */
import { chownSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { entriesOf, filesInSpool, makeLab, makeList, processesOf, type Ran, until } from '../support/lab.ts';
import { skipReason, userNamed } from '../support/lab-needs.ts';
import { freePort, type Server, startServer } from '../support/lab-server.ts';
import { putOut } from '../support/out-entries.ts';

const SINK = '/usr/sbin/smtp-sink';
const skip = skipReason({ programs: [SINK, 'setpriv'], users: ['postfix'] });

/** A server, and what becomes of a message to two recipients there. */
type Case = {
  /** Options of smtp-sink. */
  readonly options: readonly string[];
  /** Both have it; both wait in retry; both are counted as bouncing; the owners are told. */
  readonly end: 'delivered' | 'retry' | 'bounces' | 'owners';
  /** What is told of them. */
  readonly reply?: RegExp;
  readonly type?: 'lmtp';
  /** Bytes of the body; a few when left out. */
  readonly body?: number;
};

const delivered = (...options: string[]): Case => ({ options, end: 'delivered' });
const retry = (reply: RegExp, ...options: string[]): Case => ({ options, end: 'retry', reply });
const bounces = (reply: RegExp, ...options: string[]): Case => ({ options, end: 'bounces', reply });
const owners = (reply: RegExp, ...options: string[]): Case => ({ options, end: 'owners', reply });
const byLmtp = (one: Case): Case => ({ ...one, options: ['-L', ...one.options], type: 'lmtp' });
const large = (one: Case): Case => ({ ...one, body: 2_000_000 });

const SOFT = /450 4\.3\.0 Error: command failed/;
const HARD = /500 5\.3\.0 Error: command failed/;
const SILENT = /no (?:answer|greeting)\b.* within 3s/;
const GONE = /closed|ended|reset|EPIPE/i;
const BYE = /421 /;

const CASES: readonly Case[] = [
  delivered(),
  delivered('-4'),
  // What is not announced is not used.
  delivered('-8'),
  delivered('-a'),
  delivered('-C'),
  delivered('-e'),
  delivered('-E'),
  delivered('-F'),
  delivered('-N'),
  delivered('-p'),
  delivered('-P'),
  delivered('-8', '-a', '-C', '-E', '-F', '-N', '-p'),
  delivered('-c'),
  delivered('-v'),
  delivered('-h', 'mx.members.example'),
  delivered('-s', 'EHLO,MAIL'),
  delivered('-m', '1'),
  // It ends when it has the message, and before it says so: they have it twice in the end.
  retry(GONE, '-M', '1'),
  // The test's own look at the port is a session.
  delivered('-n', '2'),
  delivered('-t', '5'),
  delivered('-S', 'begin\\n'),
  large(delivered('-H', '1', '-T', '2048')),
  large(delivered('-p')),
  // Slow, but not too slow.
  delivered('-w', '1'),
  delivered('-W', 'CONNECT:1'),
  delivered('-W', 'EHLO:1'),
  // It loses what is pipelined behind a command it takes its time for.
  delivered('-p', '-W', 'MAIL:1'),
  delivered('-p', '-W', 'RCPT:1'),
  delivered('-W', '.:1'),
  delivered('-W', 'QUIT:30'),
  // Too slow.
  retry(SILENT, '-w', '30'),
  retry(SILENT, '-W', 'CONNECT:30'),
  retry(SILENT, '-W', 'EHLO:30'),
  retry(SILENT, '-p', '-W', 'MAIL:30'),
  retry(/503 5\.5\.1/, '-W', 'MAIL:1'),
  retry(SILENT, '-p', '-W', 'RCPT:30'),
  retry(SILENT, '-W', 'DATA:30'),
  retry(SILENT, '-W', '.:30'),
  large(retry(/took no more of the message for 3s/, '-H', '30', '-T', '2048')),
  // 4xx.
  retry(SOFT, '-r', 'CONNECT'),
  retry(SOFT, '-r', 'EHLO'),
  retry(SOFT, '-r', 'MAIL'),
  retry(SOFT, '-r', 'RCPT'),
  retry(SOFT, '-r', 'DATA'),
  retry(SOFT, '-r', '.'),
  delivered('-r', 'RSET'),
  delivered('-r', 'QUIT'),
  retry(/452 4\.5\.3 too many/, '-r', 'RCPT', '-b', '452 4.5.3 too many'),
  retry(/421 4\.7\.0 enough/, '-r', 'MAIL', '-b', '421 4.7.0 enough'),
  retry(/450 4\.2\.0 two .*lines/, '-r', 'RCPT', '-b', '450-4.2.0 two\r\n450 4.2.0 lines'),
  // 5xx.
  retry(HARD, '-f', 'CONNECT'),
  delivered('-f', 'EHLO'),
  retry(HARD, '-f', 'EHLO,HELO'),
  owners(HARD, '-f', 'MAIL'),
  bounces(HARD, '-f', 'RCPT'),
  owners(HARD, '-f', 'DATA'),
  owners(HARD, '-f', '.'),
  delivered('-f', 'RSET'),
  delivered('-f', 'QUIT'),
  bounces(/550 5\.1\.1 no such user/, '-f', 'RCPT', '-B', '550 5.1.1 no such user'),
  retry(/552 5\.2\.2 too many/, '-f', 'RCPT', '-B', '552 5.2.2 too many'),
  retry(/535 5\.7\.8 who are you/, '-f', 'MAIL', '-B', '535 5.7.8 who are you'),
  retry(/530 5\.7\.0 STARTTLS first/, '-f', 'MAIL', '-B', '530 5.7.0 STARTTLS first'),
  owners(/554 5\.7\.1 spam/, '-f', '.', '-B', '554 5.7.1 spam'),
  // Gone in the middle, without a word and with one.
  ...['CONNECT', 'EHLO', 'MAIL', 'RCPT', 'DATA', '.'].flatMap((command) => [
    retry(GONE, '-q', command),
    retry(BYE, '-Q', command),
  ]),
  delivered('-q', 'QUIT'),
  delivered('-Q', 'QUIT'),
  // Refused in the middle of the message.
  owners(/550 /, '-A', '0'),
  owners(/550 /, '-A', '1'),
  // LMTP: an answer for each.
  byLmtp(delivered()),
  byLmtp(delivered('-p')),
  byLmtp(large(delivered())),
  byLmtp(retry(SOFT, '-r', 'RCPT')),
  byLmtp(retry(SOFT, '-r', '.')),
  byLmtp(bounces(HARD, '-f', 'RCPT')),
  byLmtp(bounces(HARD, '-f', '.')),
  byLmtp(owners(/554 5\.7\.1 spam/, '-f', '.', '-B', '554 5.7.1 spam')),
  byLmtp(retry(HARD, '-f', 'LHLO')),
  byLmtp(retry(GONE, '-q', '.')),
  byLmtp(retry(BYE, '-Q', '.')),
  byLmtp(retry(SILENT, '-W', '.:30')),
];

const domainOf = (index: number) => `c${index}.example`;
const recipientsOf = (index: number) => ['ann', 'ben'].map((name) => `${name}@${domainOf(index)}`);

/** Ports that differ. */
async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

/** How often the recipients were given to a server together with a message. */
function takenBy(dump: string): Map<string, number> {
  const counts = new Map<string, number>();
  const text = existsSync(dump) ? readFileSync(dump, 'latin1') : '';
  for (const [, address = ''] of text.matchAll(/^X-Rcpt-Args: <([^>]+)>/gm))
    counts.set(address, (counts.get(address) ?? 0) + 1);
  return counts;
}

/** The lines of a run's log that are about an entry. */
const linesOf = ({ stderr }: Ran, id: string) =>
  stderr.split('\n').filter((line) => line.includes(` id=${id} `));

const NOTES: Readonly<Record<Case['end'], RegExp>> = {
  delivered: /entry-done .*note="delivered=2 temporary=0 permanent=0"/,
  retry: /entry-done .*outputs=retry note="delivered=0 temporary=2 permanent=0"/,
  bounces: /entry-done .*outputs=bounces note="delivered=0 temporary=0 permanent=2"/,
  owners: /entry-done .*outputs=virgin note="delivered=0 temporary=0 permanent=2"/,
};

await t.test('smtp-sink with each of its options', { skip }, async (t) => {
  const ports = await freePorts(CASES.length);
  const routes = CASES.map(({ type = 'smtp' }, index) => {
    return `  ${domainOf(index)}: { type: ${type}, host: 127.0.0.1, port: ${ports[index]}, timeouts: *brief }\n`;
  });
  const TIMEOUTS = `{ greeting: 3s, hello: 3s, mail: 3s, rcpt: 3s, data: 3s, block: 3s, final: 3s }`;
  using lab = makeLab({
    yaml: `routes:\n${routes.join('').replaceAll('*brief', TIMEOUTS)}retry: { first: 1s, max: 1s }\nlimits: { connections: 200 }\n`,
  });
  await makeList(
    lab,
    'friends',
    CASES.flatMap((_, index) => recipientsOf(index)),
  );
  const dumps = join(lab.root, 'dumps');
  mkdirSync(dumps);
  const user = userNamed('postfix');
  chownSync(dumps, user.uid, user.gid);
  const dumpOf = (index: number) => join(dumps, String(index));
  const start = (index: number, options: readonly string[]): Promise<Server> => {
    const port = ports[index] ?? 0;
    const words = [SINK, '-D', dumpOf(index), ...options, `127.0.0.1:${port}`, '50'];
    return startServer(words, { port, env: lab.env, user });
  };
  const servers: Server[] = [];
  try {
    await Promise.all(
      CASES.map(async ({ options }, index) => (servers[index] = await start(index, options))),
    );
    const ids = await putOut(
      lab,
      CASES.map(({ options, body = 0 }, index) => ({
        list: 'friends',
        recipients: recipientsOf(index),
        subject: `[${options.join(' ')}]`,
        body: 'All of it.\n.\n'.repeat(1 + body / 13),
      })),
    );
    const ran = await lab.run(['--all', '--once', '-v']);
    t.equal(ran.status, 0, 'the run ends, and ends well');
    t.strictSame(processesOf(lab), []);
    for (const [index, { options, end, reply }] of CASES.entries()) {
      const lines = linesOf(ran, ids[index] ?? '');
      const name = `${options.join(' ')}: ${end}`;
      t.match(lines.join('\n'), NOTES[end], name);
      if (reply) t.match(lines.find((line) => line.includes('reply=')) ?? '', reply, `${name}, and why`);
    }
    const counted = new Set([...ran.stderr.matchAll(/counted ([^\s",]+)/g)].map(([, who]) => who));
    const bounced = CASES.flatMap(({ end }, index) => (end === 'bounces' ? recipientsOf(index) : []));
    t.strictSame(counted, new Set(bounced), 'who was refused himself is counted, and nobody else');

    await t.test('what waits has not been lost', async (t) => {
      const waiting = CASES.flatMap(({ end }, index) => (end === 'retry' ? [index] : []));
      t.equal((await entriesOf(lab)).length, waiting.length);
      for (const index of waiting) {
        await servers[index]?.stop();
        const lmtp = CASES[index]?.type === 'lmtp' ? ['-L'] : [];
        servers[index] = await start(index, lmtp);
      }
      await until('all have theirs', async () => {
        await lab.must(['--all', '--once']);
        return (await entriesOf(lab)).length === 0;
      });
      t.strictSame(filesInSpool(lab.spool), []);
      for (const [index, { options, end }] of CASES.entries()) {
        const had = takenBy(dumpOf(index));
        for (const recipient of recipientsOf(index)) {
          const count = had.get(recipient) ?? 0;
          if (end === 'delivered') t.equal(count, 1, `${recipient} has it once: ${options.join(' ')}`);
          else if (end === 'retry') t.ok(count >= 1, `${recipient} has it: ${options.join(' ')}`);
        }
      }
    });
  } finally {
    await Promise.all(servers.map((server) => server?.stop()));
  }
});

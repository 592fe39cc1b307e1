/** A slow and a dead destination keep nobody else waiting, and a small post does not wait for a large one. */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { dnsServer } from '../support/dns-server.ts';
import { entriesOf, filesInSpool, type Lab, makeLab, makeList, until } from '../support/lab.ts';
import { skipReason, userNamed } from '../support/lab-needs.ts';
import { freePort, type Server, startServer } from '../support/lab-server.ts';
import { type OutEntry, putOut } from '../support/out-entries.ts';
import { type Recorded, startRecordSink } from '../support/record-sink.ts';

const SINK = '/usr/sbin/smtp-sink';
const skip = skipReason({ programs: [SINK, 'setpriv'], users: ['postfix'] });

/** A host that never answers: its program is stopped, and its queue of connections is full. */
type DeafServer = AsyncDisposable & { readonly answers: () => Promise<boolean> };

/** Starts one, and waits until it hears nobody. */
async function deafServer(port: number, host: string, lab: Lab): Promise<DeafServer> {
  const words = [SINK, `${host}:${port}`, '1'];
  // The test's look at the port goes to the servers beside it.
  const server: Server = await startServer(words, { port, env: lab.env, user: userNamed('postfix') });
  const sockets: Socket[] = [];
  const knock = (): Promise<boolean> => {
    const socket = connect(port, host);
    sockets.push(socket);
    const connected = new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    return Promise.race([connected, sleep(500, false)]);
  };
  await until(`${host} answers`, knock);
  process.kill(server.pid, 'SIGSTOP');
  await until(`${host} answers no more`, async () => !(await knock()));
  return {
    answers: knock,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      process.kill(server.pid, 'SIGCONT');
      await server.stop();
    },
  };
}

const hostOf = (number: number) => `127.0.1.${number + 1}`;

await t.test('ten domains, one slow and one dead among them, and two hundred posts', { skip }, async (t) => {
  const port = await freePort();
  const domains = Array.from({ length: 10 }, (_, number) => `d${number}.example`);
  const [slow = '', dead = '', ...others] = domains;
  const zone = domains.map(
    (domain, number) => [domain, { MX: [[0, `mx.${domain}`] as const], A: [], number }] as const,
  );
  const dns = await dnsServer(t, {
    ...Object.fromEntries(zone.map(([domain, { MX }]) => [domain, { MX }])),
    ...Object.fromEntries(zone.map(([domain, { number }]) => [`mx.${domain}`, { A: [hostOf(number)] }])),
  });
  const way = `type: mx, port: ${port}, family: ipv4, dns: ['${dns.address}']`;
  using lab = makeLab({
    yaml: `transport: { ${way}, timeouts: { connect: 4s } }\nroutes: { ${slow}: { ${way}, connections: 2 } }\n`,
  });
  await makeList(lab, 'friends', []);
  // Every delivery to the slow one takes a second.
  const hosts = Object.fromEntries(domains.map((_, number) => [hostOf(number), number === 0 ? 1000 : 0]));
  delete hosts[hostOf(1)];
  await using sink = await startRecordSink(lab.root, port, hosts, lab.env);
  await using deaf = await deafServer(port, hostOf(1), lab);
  const entries = Array.from({ length: 200 }, (_, number): OutEntry => {
    const domain = domains[number % 10];
    const recipients = ['ann', 'ben', 'cleo'].map((name) => `${name}@${domain}`);
    return { list: 'friends', recipients, subject: `post-${number}` };
  });
  await putOut(lab, entries);
  const { status, stderr } = await lab.run(['--all', '--once', '-v']);
  t.equal(status, 0, stderr);
  const records = sink.records();
  const at = (domain: string) => records.filter(({ to }) => to[0]?.endsWith(`@${domain}`));
  for (const domain of [slow, ...others]) t.equal(at(domain).length, 20, `${domain} has all of its posts`);
  t.equal(at(dead).length, 0);
  t.notOk(await deaf.answers(), 'the dead one has not come back');
  t.equal((await entriesOf(lab)).length, 20, 'what is for the dead one waits');
  const last = Math.max(...others.flatMap(at).map((record) => record.at));
  const meanwhile = at(slow).filter((record) => record.at < last).length;
  t.ok(meanwhile <= 10, `all others had theirs when the slow one had taken ${meanwhile} of its 20`);
  const first = Math.min(...records.map((record) => record.at));
  t.comment(
    `160 posts to 8 domains within ${last - first} ms, while the slow one took ${meanwhile} of 20; the dead one cost ${(stderr.match(/destination=mx:mx\.d1\.example/g) ?? []).length} answers`,
  );
});

/** When the last of the posts of this subject was taken, as a place among all transactions. */
function placeOf(records: readonly Recorded[], subject: string): number {
  return records.findLastIndex((record) => record.subject === subject);
}

for (const same of [true, false]) {
  const name = `a post to 3 beside one to 2000, to ${same ? 'the same list' : 'another list'}`;
  for (const verp of [false, true]) {
    await t.test(`${name}, ${verp ? 'with' : 'without'} VERP`, { skip }, async (t) => {
      const port = await freePort();
      using lab = makeLab({
        yaml: `transport: { type: smtp, host: 127.0.0.1, port: ${port}, connections: 4, recipients: 10 }\n`,
      });
      await makeList(lab, 'large', []);
      await makeList(lab, 'small', []);
      await using sink = await startRecordSink(lab.root, port, { '127.0.0.1': 1 }, lab.env);
      const recipients = Array.from({ length: 2000 }, (_, number) => `m${number}@members.example`);
      await putOut(lab, [
        { list: 'large', recipients, subject: 'large', verp },
        { list: same ? 'large' : 'small', recipients: recipients.slice(0, 3), subject: 'small', verp },
      ]);
      const { status, stderr } = await lab.run(['--all', '--once']);
      t.equal(status, 0, stderr);
      t.strictSame(filesInSpool(lab.spool), []);
      const records = sink.records();
      const transactions = records.filter(({ subject }) => subject === 'large').length;
      t.equal(transactions, verp ? 2000 : 200);
      const place = placeOf(records, 'small');
      t.ok(
        place >= 0 && place < transactions / 10,
        `the small one was done after ${place} of ${transactions}`,
      );
      t.comment(`the small post was done after ${place} of the large one's ${transactions} transactions`);
    });
  }
}

/** Mail straight to the members' mail servers: found in DNS, tried in order, remembered from run to run. */
import t from 'tap';
import { dnsServer } from '../support/dns-server.ts';
import { entriesOf, filesInSpool, type Lab, makeLab, makeList, processesOf } from '../support/lab.ts';
import { skipReason } from '../support/lab-needs.ts';
import { freePort } from '../support/lab-server.ts';
import { putOut } from '../support/out-entries.ts';
import { startRecordSink } from '../support/record-sink.ts';

const skip = skipReason({ programs: ['setpriv'] });

/** What `qrunner destinations` tells. */
type Told = {
  readonly name: string;
  readonly failures: number;
  readonly notBefore: number;
  readonly window: number;
};

async function destinationsOf(lab: Lab): Promise<Map<string, Told>> {
  const told: Told[] = JSON.parse(await lab.must(['--json', 'destinations']));
  return new Map(told.map((one) => [one.name, one]));
}

const at = (...domains: string[]) => domains.map((domain) => `ann@${domain}.example`);

await t.test('mail servers of the members’ domains', { skip }, async (t) => {
  const port = await freePort();
  const dns = await dnsServer(t, {
    // The first is dead, the second answers.
    'spare.example': {
      MX: [
        [10, 'dead.example'],
        [20, 'two.example'],
      ],
    },
    // The same mail servers under another domain.
    'twin.example': {
      MX: [
        [10, 'dead.example'],
        [20, 'two.example'],
      ],
    },
    'plain.example': { MX: [[5, 'three.example']] },
    'bare.example': { A: ['127.0.0.4'] },
    'null.example': { MX: [[0, '']] },
    'out.example': { MX: [[10, 'dead.example']] },
    'trouble.example': 'SERVFAIL',
    'dead.example': { A: ['127.0.0.9'] },
    'two.example': { A: ['127.0.0.2'] },
    'three.example': { A: ['127.0.0.3'] },
  });
  using lab = makeLab({
    yaml: `transport: { type: mx, port: ${port}, dns: ['${dns.address}'], timeouts: { connect: 2s } }
routes: { members.example: { type: maildir } }
retry: { first: 5m, max: 1h }\n`,
  });
  const members = at('spare', 'twin', 'plain', 'bare', 'null', 'gone', 'out', 'trouble');
  await makeList(lab, 'friends', members);
  const hosts = { '127.0.0.2': 0, '127.0.0.3': 0, '127.0.0.4': 0 };
  await using sink = await startRecordSink(lab.root, port, hosts, lab.env);
  const cameTo = (subject: string) =>
    sink
      .records()
      .filter((record) => record.subject === subject)
      .map(({ host, to }) => `${host} ${[...to].sort().join(' ')}`)
      .sort();
  const OUT = `mx:dead.example:${port}`;
  const PAIR = `mx:dead.example,two.example:${port}`;

  const ran = await (async () => {
    await putOut(lab, [{ list: 'friends', recipients: members, subject: 'one' }]);
    return lab.run(['--all', '--once', '-v']);
  })();
  await t.test('each by his own, or a reason', async (t) => {
    t.equal(ran.status, 0, ran.stderr);
    t.strictSame(processesOf(lab), []);
    t.strictSame(cameTo('one'), [
      `127.0.0.2 ${at('spare', 'twin').join(' ')}`,
      `127.0.0.3 ${at('plain').join(' ')}`,
      `127.0.0.4 ${at('bare').join(' ')}`,
    ]);
    t.match(ran.stderr, /entry-done queue=out .*note="delivered=4 temporary=2 permanent=2"/);
    const counted = [...ran.stderr.matchAll(/counted ([^\s",]+)/g)].map(([, who = '']) => who).sort();
    t.strictSame(counted, at('gone', 'null'), 'no such domain, and null MX');
    const places = (await entriesOf(lab)).map(({ queue, state }) => `${queue}/${state}`);
    t.strictSame(places, ['retry/deferred'], 'the dead server’s, and who cannot be looked up');
    t.equal(dns.asked.filter((question) => question === 'MX spare.example').length, 1, 'asked once in a run');
  });

  await t.test(
    'two domains with the same mail servers are one destination, and it is remembered',
    async (t) => {
      const told = await destinationsOf(lab);
      t.strictSame(
        [...told.keys()].sort(),
        [`mx:bare.example:${port}`, OUT, PAIR, `mx:three.example:${port}`].sort(),
      );
      t.match(told.get(OUT), { failures: 1, window: 1 });
      t.match(told.get(PAIR), { failures: 0, notBefore: 0 });
      t.ok((told.get(OUT)?.notBefore ?? 0) > Date.now(), 'no attempt before its time');
    },
  );

  await t.test('the next run leaves a dead destination alone, and the others go on', async (t) => {
    const recipients = at('out', 'plain', 'spare');
    await putOut(lab, [{ list: 'friends', recipients, subject: 'two' }]);
    const next = await lab.run(['--all', '--once', '-v']);
    t.equal(next.status, 0, next.stderr);
    t.match(next.stderr, /delivery-temporary .*destination=mx:dead\.example:\d+ .*reply="not tried before /);
    t.strictSame(cameTo('two'), [`127.0.0.2 ${at('spare').join('')}`, `127.0.0.3 ${at('plain').join('')}`]);
    t.match((await destinationsOf(lab)).get(OUT), { failures: 1 }, 'which is no attempt');
  });

  await t.test('back again, and told to be tried at once: all have theirs', async (t) => {
    dns.zone['dead.example'] = { A: ['127.0.0.3'] };
    dns.zone['trouble.example'] = { MX: [[0, 'three.example']] };
    await lab.must(['out', 'flush']);
    await lab.must(['--all', '--once']);
    t.strictSame(filesInSpool(lab.spool), []);
    const late = sink.records().filter(({ to }) => to.some((one) => at('out', 'trouble').includes(one)));
    t.strictSame(late.map(({ subject, to }) => `${subject} ${to.join(' ')}`).sort(), [
      `one ${at('out').join('')}`,
      `one ${at('trouble').join('')}`,
      `two ${at('out').join('')}`,
    ]);
    t.match((await destinationsOf(lab)).get(OUT), { failures: 0, notBefore: 0 });
  });
});

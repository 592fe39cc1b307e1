/** The LMTP intake behind the socket that a real systemd holds. */
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { lmtpClient, openEnvelope } from '../support/lmtp-client.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { bootSystemd, noSystemd, type SystemdLab } from '../support/systemd-lab.ts';
import { allOnce, pathIsWell } from '../support/systemd-producer.ts';
import { postOf } from '../support/systemd-site.ts';
import { commandOf, dropIn, installUnits } from '../support/systemd-units.ts';

const skip = noSystemd();
const SEED = 11;
const SERVICE = 'qrunner-lmtp.service';
const SOCKET = 'qrunner-lmtp.socket';

/** One client with a post; the reply behind its message. */
async function post(path: string, subject: string): Promise<string | null> {
  const client = lmtpClient(path);
  await openEnvelope(client, ['friends@lists.example'], 'ada@members.example');
  await client.ask('DATA\r\n');
  const reply = await client.ask(`${postOf(subject).replaceAll('\n', '\r\n')}.\r\n`);
  await client.ask('QUIT\r\n');
  client.close();
  return reply;
}

/** One client that looks in and goes; true when it was greeted and let go. */
async function look(path: string): Promise<boolean> {
  const client = lmtpClient(path);
  const greeting = await client.reply();
  const farewell = await client.ask('QUIT\r\n');
  client.close();
  return greeting?.startsWith('220 ') === true && farewell?.startsWith('221 ') === true;
}

const idle = (lab: SystemdLab) =>
  lab.until('the intake has ended', async () => (await lab.show(SERVICE, 'ActiveState')) === 'inactive');

await t.test('mail comes in by the socket that systemd holds', { skip, timeout: 400_000 }, async (t) => {
  await using lab = await bootSystemd();
  await installUnits(lab);
  const path = lab.path('/run/qrunner/lmtp.sock');
  const posts: string[] = [];
  t.equal(await lab.starts(SERVICE), 0, 'nobody has called, nothing runs');

  await t.test('200 clients at once, each with a post', async (t) => {
    const subjects = Array.from({ length: 200 }, (_, number) => `once-${number}`);
    const replies = await Promise.all(subjects.map((subject) => post(path, subject)));
    t.strictSame(
      replies.filter((reply) => reply?.startsWith('250 2.0.0 ') !== true),
      [],
      'all were taken',
    );
    t.equal(await lab.starts(SERVICE), 1, 'by one process');
    posts.push(...subjects);
    await idle(lab);
    await allOnce(t, lab, posts, 'ben', 60_000);
    await pathIsWell(t, lab);
  });

  await t.test('1,000 connections around the idle exit: none refused, none lost', async (t) => {
    const short = `ExecStart=\nExecStart=${commandOf(lab, SERVICE)} --idle 15ms`;
    await dropIn(lab, short, SERVICE);
    const before = await lab.starts(SERVICE);
    const random = seededRandom(SEED);
    for (let round = 0; round < 125; round++) {
      const subject = `round-${round}`;
      const calls = Array.from({ length: 7 }, () => look(path));
      const [reply, ...looks] = await Promise.all([post(path, subject), ...calls]);
      if (reply?.startsWith('250 2.0.0 ') === true) posts.push(subject);
      else t.fail(`round ${round}: the post was answered ${reply}`);
      if (looks.includes(false)) t.fail(`round ${round}: a client was not greeted`);
      // The exit takes its time: some calls come before it, some in the middle, some after it.
      await sleep(random() * 150);
    }
    await idle(lab);
    const starts = (await lab.starts(SERVICE)) - before;
    t.comment(`seed ${SEED}: ${starts} starts for 1000 connections`);
    t.ok(starts > 10, 'it did end in between');
    t.equal(await lab.show(SERVICE, 'NRestarts'), '0', 'no end was a failure');
    t.equal(await lab.show(SOCKET, 'ActiveState'), 'active');
    await allOnce(t, lab, posts, 'ben', 60_000);
    await pathIsWell(t, lab);
    await dropIn(lab, null, SERVICE);
  });

  await t.test('told to stop in the middle of a message, it takes the message', async (t) => {
    const client = lmtpClient(path);
    await openEnvelope(client, ['friends@lists.example'], 'ada@members.example');
    const stopped = lab.must(['systemctl', 'stop', SERVICE]);
    await client.ask('DATA\r\n');
    const reply = await client.ask(`${postOf('stopped').replaceAll('\n', '\r\n')}.\r\n`);
    t.match(reply, /^250 2\.0\.0 /);
    client.close();
    await stopped;
    await allOnce(t, lab, [...posts, 'stopped'], 'ben', 60_000);
    t.equal(await lab.show(SOCKET, 'ActiveState'), 'active', 'the socket waits for the next call');
  });
});

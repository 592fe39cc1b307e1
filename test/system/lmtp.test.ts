/** The built program as systemd runs it: a held socket, the idle exit, kills, a full disk, other people's clients. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import t from 'tap';
import { readEntryFile, readMessage } from '../../lib/spool/entry-file.ts';
import { filesInSpool, type Lab, makeLab, makeList, placesOf, processesOf, until } from '../support/lab.ts';
import { skipReason } from '../support/lab-needs.ts';
import { type LmtpClient, lmtpClient, openEnvelope } from '../support/lmtp-client.ts';
import { smallDisk } from '../support/small-disk.ts';
import { HOLDER_PROGRAMS, holdSocket, type SocketHolder } from '../support/socket-holder.ts';

const skip = skipReason({ programs: HOLDER_PROGRAMS });
const ADA = 'ada@members.example';
const FRIENDS = 'friends@lists.example';

const hold = (lab: Lab, ...args: string[]) => holdSocket([...lab.command(), 'lmtp', ...args], lab.env);

/** Files of entries, without bells and locks. */
const entryFiles = (lab: Lab) =>
  (existsSync(lab.spool) ? filesInSpool(lab.spool) : []).filter((file) => /^\w+\/(tmp|new)\//.test(file));

/** Sends a post; the reply to it. */
async function post(client: LmtpClient, message: string | Buffer, to = [FRIENDS]): Promise<string | null> {
  await openEnvelope(client, to, ADA);
  await client.ask('DATA\r\n');
  client.send(message);
  return client.ask('\r\n.\r\n');
}

const text = (subject: string) => `From: ${ADA}\r\nSubject: ${subject}\r\n\r\nTea?`;

/** A post of so many bytes. */
const body = (bytes: number) =>
  `${text('large')}\r\n${'x'
    .repeat(62)
    .concat('\r\n')
    .repeat(bytes / 64)}`;

/** A post with bytes that a server might change. */
const odd = (from: string) => `From: ${from}\r\n\r\n.dot\r\n\0\xe9\r\n`;

/** The highest resident size of a process, kilobytes. */
const peakOf = (pid: number) =>
  Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

await t.test('a socket that is held', { skip }, async (t) => {
  using lab = makeLab();
  await makeList(lab, 'friends', [ADA]);

  await t.test('it is started by a connection and ends when nobody calls', async (t) => {
    await using held = await hold(lab, '--idle', '200ms');
    await sleep(300);
    t.same(held.started(), [], 'nobody has called yet');
    const client = lmtpClient(held.path);
    t.match(await post(client, text('one')), /^250 2\.0\.0 friends@lists\.example accepted as in\//);
    t.match(await client.ask('QUIT\r\n'), /^221 /);
    client.close();
    await until('it has ended', () => held.ended().length === 1);
    t.same(held.ended(), [0]);
    t.equal(held.errors(), '', 'and had nothing to say');
    t.ok(existsSync(held.path), 'the socket is not its own to remove');
    t.same(processesOf(lab), []);
    t.same(await placesOf(lab), ['in/new']);
  });

  await t.test('a connection that sends nothing at all does not keep it', async (t) => {
    await using held = await hold(lab, '--idle', '100ms');
    const silent = connect(held.path);
    silent.on('connect', () => silent.destroy());
    await until('it has started and ended', () => held.ended().length === 1);
    t.same(held.ended(), [0]);
  });

  await t.test('1,000 connections around the idle exit: none refused, none lost', async (t) => {
    const before = entryFiles(lab).length;
    await using held = await hold(lab, '--idle', '15ms');
    let accepted = 0;
    let messages = 0;
    let seed = 1;
    for (let round = 0; round < 250; round++) {
      const calls = Array.from({ length: 4 }, async (_, index) => {
        const client = lmtpClient(held.path);
        // Each fourth with a message, the others only look in.
        if (index === 0) {
          messages++;
          if ((await post(client, text(`round ${round}`)))?.startsWith('250 2.0.0 ')) accepted++;
        } else if ((await client.reply())?.startsWith('220 ') !== true) {
          t.fail(`no greeting in round ${round}`);
        }
        t.match(await client.ask('QUIT\r\n'), /^221 /);
        client.close();
      });
      await Promise.all(calls);
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      await sleep(seed % 30);
    }
    t.equal(accepted, messages, 'each message was taken');
    t.equal(entryFiles(lab).length - before, messages, 'and lies there once');
    const starts = held.started().length;
    t.comment(`${starts} starts for 1000 connections`);
    t.ok(starts > 20, 'it did end in between');
    await until('the last one has ended', () => held.ended().length === starts);
    t.same([...new Set(held.ended())], [0]);
    t.equal(held.errors(), '');
  });

  await t.test('SIGTERM: the transaction under way is finished', async (t) => {
    await using held = await hold(lab);
    const client = lmtpClient(held.path);
    await openEnvelope(client, [FRIENDS], ADA);
    const [pid = 0] = held.started();
    process.kill(pid, 'SIGTERM');
    await client.ask('DATA\r\n');
    t.match(await client.ask(`${text('stop')}\r\n.\r\n`), /^250 2\.0\.0 /);
    t.match(await client.reply(), /^421 4\.3\.2 /);
    client.close();
    await until('it has ended', () => held.ended().length === 1);
    t.same(held.ended(), [0]);
  });

  await t.test('a 30 MB message to two lists: byte for byte, in little memory', async (t) => {
    await makeList(lab, 'tea', [ADA]);
    const small = await peakAfter(lab, Buffer.from(text('small')));
    const line = Buffer.from(`${'all work and no play '.repeat(4).slice(0, 76)}\r\n`);
    const large = Buffer.concat([
      Buffer.from(`From: ${ADA}\r\n\r\n`),
      ...Array.from({ length: (30 * 1024 * 1024) / line.length }, () => line),
    ]);
    const { peak, held: names } = await peakAfter(lab, large, [FRIENDS, 'tea@lists.example']);
    t.equal(names.length, 2);
    const wanted = createHash('sha256').update(
      Buffer.concat([large, Buffer.from('\r\n')])
        .toString('latin1')
        .replaceAll('\r\n', '\n'),
      'latin1',
    );
    const sum = wanted.digest('hex');
    for (const name of names) {
      const entry = readEntryFile(join(lab.spool, name));
      if (typeof entry === 'string') throw new Error(entry);
      const stored = await readMessage(entry, 0, entry.messageLength);
      t.equal(createHash('sha256').update(stored).digest('hex'), sum);
    }
    t.comment(
      `peak memory: ${Math.round(peak / 1024)} MB, after a small message ${Math.round(small.peak / 1024)} MB`,
    );
    t.ok(peak - small.peak < 15 * 1024, `${peak - small.peak} KB more than for a small one`);
  });
});

/** Sends one message to a receiver of its own; its highest memory, and the new entries. */
async function peakAfter(lab: Lab, message: Buffer, to = [FRIENDS]) {
  const before = new Set(entryFiles(lab));
  await using held: SocketHolder = await hold(lab);
  const client = lmtpClient(held.path);
  const reply = await post(client, message, to);
  if (!reply?.startsWith('250 ')) throw new Error(`not taken: ${reply}`);
  for (const _ of to.slice(1)) await client.reply();
  const peak = peakOf(held.started()[0] ?? 0);
  client.close();
  return { peak, held: entryFiles(lab).filter((name) => !before.has(name)) };
}

await t.test(
  'killed between DATA and 250: no 250 was said, and nothing or one whole entry lies there',
  { skip },
  async (t) => {
    using lab = makeLab();
    await makeList(lab, 'friends', [ADA]);
    const message = `From: ${ADA}\r\n\r\n${'x'.repeat(70).concat('\r\n').repeat(3_000)}`;
    const sent = Buffer.byteLength(message);
    let whole = 0;
    for (let round = 0; round < 24; round++) {
      await using held = await hold(lab);
      const client = lmtpClient(held.path);
      // All that the first message has to load is there when the second one comes.
      await post(client, text('first'));
      const before = new Set(entryFiles(lab));
      for (const words of [`MAIL FROM:<${ADA}>`, `RCPT TO:<${FRIENDS}>`]) await client.ask(`${words}\r\n`);
      await client.ask('DATA\r\n');
      const [pid = 0] = held.started();
      // In the middle of the message, or in the moments behind its end.
      const cut = round % 3 === 0 ? sent / 2 : sent;
      client.send(message.slice(0, cut));
      if (round % 3 !== 0) client.send('\r\n.\r\n');
      await sleep(round % 3 === 0 ? 20 : (round * 11) % 110);
      process.kill(pid, 'SIGKILL');
      const reply = await client.reply();
      client.close();
      const accepted = entryFiles(lab).filter((file) => file.startsWith('in/new/') && !before.has(file));
      t.ok(accepted.length <= 1);
      if (reply !== null) {
        t.match(reply, /^250 2\.0\.0 /, 'what was said is true');
        t.equal(accepted.length, 1);
      }
      for (const file of accepted) {
        const entry = readEntryFile(join(lab.spool, file));
        t.type(entry, 'object', 'it is whole');
        whole++;
      }
    }
    t.comment(`${whole} of 24 were accepted before the kill`);
    await until('the next one is taken', async () => {
      await using held = await hold(lab);
      const client = lmtpClient(held.path);
      const reply = await post(client, text('after'));
      client.close();
      return reply?.startsWith('250 ') ?? false;
    });
  },
);

const noDisk = (() => {
  if (skip !== false) return skip;
  const disk = smallDisk(64);
  if (typeof disk === 'string') return disk;
  disk[Symbol.dispose]();
  return false;
})();

await t.test('a full disk is 452 for every recipient, and nothing stays', { skip: noDisk }, async (t) => {
  const disk = smallDisk(512);
  if (typeof disk === 'string') throw new Error(disk);
  using _ = disk;
  using lab = makeLab({ spool: join(disk.root, 'spool') });
  await makeList(lab, 'friends', [ADA]);
  await using held = await hold(lab);
  const client = lmtpClient(held.path);
  const both = [FRIENDS, 'friends-owner@lists.example'];
  const full = /^452 4\.3\.1 no room for the message at the moment, try again later$/;
  t.match(await post(client, body(2_000_000), both), full);
  t.match(await client.reply(), full);
  t.same(entryFiles(lab), []);
  // The first copy has room, the second has none: the first recipient has his.
  const next = lmtpClient(held.path);
  t.match(await post(next, body(300_000), both), /^250 2\.0\.0 /);
  t.match(await next.reply(), full);
  t.equal(entryFiles(lab).length, 1);
  t.match(held.errors(), /lmtp-trouble reason="cannot accept the message into .*ENOSPC/);
  for (const each of [client, next]) each.close();
});

await t.test('nodemailer as the client', { skip }, async (t) => {
  using lab = makeLab({ yaml: 'limits: { message_size: 1MB }\n' });
  await makeList(lab, 'friends', [ADA], { yaml: 'posting: { nonmembers: reject }\n' });
  await using held = await hold(lab);
  const socket = connect(held.path);
  const connection = new SMTPConnection({
    lmtp: true,
    connection: socket,
    ignoreTLS: true,
    name: 'mx.example',
  });
  await new Promise<void>((resolve, reject) => {
    connection.once('error', reject);
    connection.connect(() => resolve());
  });
  const send = (from: string | false, to: string[], message: string | Buffer) =>
    new Promise<{ accepted: string[]; rejected: string[]; codes: (number | undefined)[] }>((resolve) => {
      connection.send({ from, to }, message, (error, info) => {
        if (info) {
          const { accepted, rejected, rejectedErrors = [] } = info;
          resolve({
            accepted: accepted.map(String),
            rejected: rejected.map(String),
            codes: rejectedErrors.map(({ responseCode }) => responseCode),
          });
        } else {
          const codes = error?.rejectedErrors?.map(({ responseCode }) => responseCode) ?? [];
          resolve({ accepted: [], rejected: to, codes: codes.length > 0 ? codes : [error?.responseCode] });
        }
      });
    });
  t.match(await send(ADA, [FRIENDS, 'nobody@lists.example', 'friends-join@lists.example'], odd(ADA)), {
    accepted: [FRIENDS, 'friends-join@lists.example'],
    rejected: ['nobody@lists.example'],
    codes: [550],
  });
  const eve = 'eve@elsewhere.example';
  t.match(await send(eve, [FRIENDS, 'friends-owner@lists.example'], odd(eve)), {
    accepted: ['friends-owner@lists.example'],
    rejected: [FRIENDS],
    codes: [550],
  });
  t.match(await send(ADA, [FRIENDS], 'x'.repeat(2_000_000)), { accepted: [], codes: [552] });
  t.match(await send(false, ['friends-bounces@lists.example'], odd(eve)), {
    accepted: ['friends-bounces@lists.example'],
  });
  connection.quit();
  t.same(await placesOf(lab), ['bounces/new', 'commands/new', 'in/new', 'in/new']);
});

await t.test('a path of its own, and one that a dead process left', { skip }, async (t) => {
  using lab = makeLab();
  await makeList(lab, 'friends', [ADA]);
  const path = join(lab.root, 'lmtp.sock');
  const { spawn } = await import('node:child_process');
  const [program, ...args] = lab.command();
  const start = () => {
    const child = spawn(program, [...args, 'lmtp', '--listen', path], { env: lab.env, stdio: 'ignore' });
    const ended = new Promise<number | null>((resolve) => {
      child.once('exit', (status) => resolve(status));
    });
    return { child, ended };
  };
  const talk = async () => {
    const client = lmtpClient(path);
    const reply = await client.reply();
    client.close();
    return reply?.startsWith('220 ') ?? false;
  };
  const first = start();
  await until('it answers', talk);
  first.child.kill('SIGKILL');
  await first.ended;
  t.ok(existsSync(path), 'a dead process leaves its socket');
  const second = start();
  await until('the next one answers all the same', talk);
  const third = await lab.run(['lmtp', '--listen', path]);
  t.equal(third.status, 75);
  t.match(third.stderr, /^qrunner: cannot listen at .*lmtp\.sock: another process listens there already\n$/);
  t.ok(await talk(), 'and is not disturbed');
  second.child.kill('SIGTERM');
  t.equal(await second.ended, 0);
  t.notOk(existsSync(path), 'a stopped one takes it away');
});

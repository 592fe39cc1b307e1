import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { streamMessage } from '../../lib/smtp/message-stream.ts';
import type { MessageSource } from '../../lib/smtp/transport.ts';
import { brokenMessage, messageOf } from '../deliver/fake-server.ts';
import { wireRig } from '../deliver/wire-rig.ts';

/** A message of blocks of 64 KB that counts what was asked of it. */
function counted(
  blocks: number,
): MessageSource & { readonly given: () => number; readonly closed: () => boolean } {
  let given = 0;
  let closed = false;
  const block = Buffer.alloc(65_536, 'x');
  return {
    id: 'counted',
    size: blocks * block.length,
    stream: () => {
      const pieces = (function* () {
        for (let n = 0; n < blocks; n++) {
          given++;
          yield block;
        }
      })();
      return Readable.from(pieces, { highWaterMark: 1 }).on('close', () => (closed = true));
    },
    given: () => given,
    closed: () => closed,
  };
}

await t.test('in pieces, with its end', async (t) => {
  const { wire, read, until } = await wireRig(t);
  await streamMessage(wire, messageOf('a\r', '\n.b', '\nc')).sent;
  await until('\r\n.\r\n');
  t.equal(read(), 'a\r\n..b\r\nc\r\n.\r\n');
});

await t.test('no more is read than the server takes', async (t) => {
  const { wire, server } = await wireRig(t, {}, true);
  const message = counted(1_000);
  const stream = streamMessage(wire, message);
  // Until the buffers of both sides are full, however long that takes on a busy computer.
  let before = -1;
  while (message.given() !== before) {
    before = message.given();
    await sleep(300);
  }
  t.ok(before < 500, `${before} blocks are on the way`);
  server.resume();
  await stream.sent;
  t.equal(message.given(), 1_000);
});

await t.test('one that cannot be read has no end', async (t) => {
  const { wire, read, until } = await wireRig(t);
  await t.rejects(streamMessage(wire, brokenMessage()).sent, /EIO/);
  await until('Subject: half\r\n');
  t.notMatch(read(), /\r\n\./);
  const unopened: MessageSource = {
    id: 'x',
    size: 1,
    stream: () => {
      throw new Error('ENOENT: it is gone');
    },
  };
  await t.rejects(streamMessage(wire, unopened).sent, /ENOENT/);
});

await t.test('stopped, or without a connection', async (t) => {
  for (const broken of [true, false]) {
    const { wire } = await wireRig(t, {}, true);
    const message = counted(1_000);
    const stream = streamMessage(wire, message);
    await sleep(50);
    stream.stop();
    if (broken) wire.break('gone');
    else wire.break('stopped');
    await stream.sent;
    t.ok(message.given() < 500);
    t.ok(message.closed(), 'the file is closed');
  }
});

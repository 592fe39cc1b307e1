import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { Readable } from 'node:stream';
import t from 'tap';
import { maildirCarrier, maildirName } from '../../lib/deliver/maildir-carrier.ts';
import type { MessageSource, Transaction } from '../../lib/smtp/transport.ts';
import { brokenMessage, messageOf } from './fake-server.ts';

/** A lane into Maildirs, called as one transaction. */
function maildirTransport(settings: { readonly path: string }) {
  const opened = maildirCarrier(settings).open();
  return {
    send: async (envelope: Omit<Transaction, 'message'>, message: MessageSource, signal?: AbortSignal) =>
      (await (await opened).transact({ ...envelope, message }, signal)).outcomes,
    close: async () => (await opened).close(),
  };
}

/** The only message in a Maildir. */
function onlyMessage(maildir: string): string {
  const [name = '', ...more] = readdirSync(join(maildir, 'new'));
  if (more.length > 0) throw new Error(`more than one message in ${maildir}`);
  return readFileSync(join(maildir, 'new', name), 'latin1');
}

await t.test('a copy for each recipient, after two lines about it', async (t) => {
  const path = join(t.testdir(), 'mail');
  const transport = maildirTransport({ path });
  const envelope = { sender: 's@x.example', recipients: ['a@x.example', 'B+tag@x.example'] };
  t.match(await transport.send(envelope, messageOf('Subject: h\xf6\n', '\n.body\rx')), [
    { recipient: 'a@x.example', kind: 'delivered', scope: 'recipient' },
    { recipient: 'B+tag@x.example', kind: 'delivered', scope: 'recipient' },
  ]);
  t.same(readdirSync(path).sort(), ['B+tag@x.example', 'a@x.example']);
  t.equal(
    Buffer.from(onlyMessage(join(path, 'a@x.example')), 'latin1').toString(),
    'Return-Path: <s@x.example>\nDelivered-To: a@x.example\nSubject: hö\n\n.body\rx',
  );
  await transport.close();
});

await t.test("the lines end as the message's do", async (t) => {
  const path = t.testdir();
  const transport = maildirTransport({ path });
  const rows: readonly [string, string[], string][] = [
    ['crlf@x', ['Subject: x\r', '\n\r\nb\n'], '\r\n'],
    ['lf@x', ['Subject: x\n\r\n'], '\n'],
    ['none@x', ['Subject: x'], '\n'],
    ['empty@x', [], '\n'],
    ['newline@x', ['\n'], '\n'],
    ['far@x', ['x'.repeat(40_000), 'x'.repeat(40_000), '\r\n'], '\n'],
  ];
  for (const [recipient, pieces, end] of rows) {
    await transport.send({ sender: '', recipients: [recipient] }, messageOf(...pieces));
    t.equal(
      onlyMessage(join(path, recipient)),
      `Return-Path: <>${end}Delivered-To: ${recipient}${end}${pieces.join('')}`,
      recipient,
    );
  }
});

await t.test('a repeat adds nothing, another message does', async (t) => {
  const path = t.testdir();
  const envelope = { sender: '', recipients: ['a@x', 'a@x'] };
  const message = messageOf('Subject: x\n');
  for (let n = 0; n < 2; n++) {
    t.match(await maildirTransport({ path }).send(envelope, message), [
      { kind: 'delivered' },
      { kind: 'delivered' },
    ]);
    t.equal(readdirSync(join(path, 'a@x', 'new')).length, 1);
  }
  await maildirTransport({ path }).send(envelope, { ...message, id: 'another' });
  t.equal(readdirSync(join(path, 'a@x', 'new')).length, 2);
  const odd = { ...message, id: '../../:2,S/\n' };
  t.match(
    await maildirTransport({ path }).send(envelope, odd),
    [{ kind: 'delivered' }, {}],
    'whatever the id',
  );
});

await t.test('recipients with nasty names stay inside', async (t) => {
  t.equal(maildirName('Ab9._+=@-'), 'Ab9._+=@-');
  t.equal(maildirName('../etc'), '%2E.%2Fetc');
  t.equal(maildirName('.a'), '%2Ea');
  t.equal(maildirName('%2E'), '%252E');
  t.equal(maildirName('ö'), '%C3%B6');

  const root = t.testdir();
  const path = join(root, 'mail');
  const transport = maildirTransport({ path });
  const nasty = [
    '../../outside',
    '..',
    '.',
    '/etc/passwd',
    'a/b@x',
    '.hidden@x',
    'new',
    "o'hara&|;$(x)@x",
    'ö@x',
  ];
  for (const { recipient, kind, reply } of await transport.send(
    { sender: '', recipients: nasty },
    messageOf('x'),
  )) {
    t.equal(kind, 'delivered', `${recipient}: ${reply}`);
    t.ok(existsSync(join(path, maildirName(recipient), 'new')));
    t.notMatch(maildirName(recipient), sep);
  }
  t.same(readdirSync(root), ['mail']);
  t.equal(readdirSync(path).length, nasty.length);

  const impossible = ['a\nBcc: b@x', 'a\0', '', 'a>@x', `${'ö'.repeat(60)}@x`];
  for (const outcome of await transport.send({ sender: '', recipients: impossible }, messageOf('x'))) {
    t.match(
      outcome,
      { kind: 'permanent', scope: 'recipient', status: '5.1.3' },
      JSON.stringify(outcome.recipient),
    );
  }
  t.match(await transport.send({ sender: 'a\nX: y', recipients: ['a@x'] }, messageOf('x')), [
    { kind: 'permanent', scope: 'message', status: '5.1.7' },
  ]);
  t.equal(readdirSync(path).length, nasty.length);
});

await t.test('trouble', async (t) => {
  const root = t.testdir({ file: 'not a directory' });
  const envelope = { sender: '', recipients: ['a@x', 'b@x'] };
  t.match(await maildirTransport({ path: join(root, 'file') }).send(envelope, messageOf('x')), [
    { recipient: 'a@x', kind: 'temporary', scope: 'message', reply: /cannot write to .*ENOTDIR/ },
    { recipient: 'b@x', kind: 'temporary', scope: 'message' },
  ]);
  t.match(await maildirTransport({ path: root }).send(envelope, brokenMessage()), [
    { kind: 'temporary', scope: 'message', reply: /cannot read the message broken: EIO/ },
    { kind: 'temporary', scope: 'message' },
  ]);
  t.same(readdirSync(join(root, 'a@x', 'new')), []);
  t.same(readdirSync(join(root, 'a@x', 'tmp')), []);
});

await t.test('the run ends in the middle', async (t) => {
  const path = t.testdir();
  const ending = new AbortController();
  const message: MessageSource = {
    ...messageOf('x'),
    stream: () =>
      Readable.from(
        (async function* () {
          yield Buffer.from('first\n');
          ending.abort();
          yield Buffer.from('second\n');
        })(),
      ),
  };
  const envelope = { sender: '', recipients: ['a@x', 'b@x'] };
  t.match(await maildirTransport({ path }).send(envelope, message, ending.signal), [
    { recipient: 'a@x', kind: 'temporary', scope: 'message', reply: /run is ending/ },
    { recipient: 'b@x', kind: 'temporary', scope: 'message', reply: /run is ending/ },
  ]);
  t.same(readdirSync(path), ['a@x']);
  t.same(readdirSync(join(path, 'a@x', 'new')), []);
});

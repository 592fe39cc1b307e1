/**
 * What becomes of two recipients, whatever a server does wherever in the conversation: tried one by one, told in
 * docs/DELIVERY.md.
 */
import { writeFileSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { openSmtpSession, type SessionSettings } from '../../lib/smtp/smtp-session.ts';
import type { MessageSource, Outcome } from '../../lib/smtp/transport.ts';
import { listen, makeCertificate, messageOf, openConnections } from '../deliver/fake-server.ts';
import { compareTable, UPDATE } from '../support/doc-table.ts';
import { outcomeTable, type Seen } from '../support/outcome-table.ts';
import { type Act, type Place, scriptedSmtp } from '../support/scripted-smtp.ts';
import { timeoutsOf } from '../support/settings.ts';

const DOCUMENT = fileURLToPath(new URL('../../../docs/DELIVERY.md', import.meta.url));

/** Codes worth telling. */
const CODES = [
  '200 250 251 252 354 421 450 451 452 454',
  '500 501 502 503 504 521 530 535 550 551 552 553 554 556',
].flatMap((line) => line.split(' '));

/** How long a server is waited for where it hangs, and how late one is that answers in time; milliseconds. */
const HANG_MS = 400;
const LATE_MS = 40;

type Deed = { readonly did: string; readonly act: Act };

const say = (did: string, reply: string): Deed => ({ did, act: { kind: 'say', reply } });

/** Everything a server can do instead of what it should. */
const ACTS: readonly Deed[] = [
  ...CODES.flatMap((code) => [
    say(code, `${code} some words`),
    say(`${code} x.1.1`, `${code} ${code[0]}.1.1 with an enhanced code`),
    say(`${code} x.7.1`, `${code} ${code[0]}.7.1 with an enhanced code`),
  ]).filter(({ did }) => !did.startsWith('354 ')),
  say('250 nonsense', '250 \u0001\u00ff}{ 5.1.1 550'),
  say('no SMTP', 'HTTP/1.1 400 Bad Request'),
  { did: 'late, in time', act: { kind: 'late', ms: LATE_MS } },
  { did: 'answers twice', act: { kind: 'twice' } },
  { did: 'hangs', act: { kind: 'hang' } },
  { did: 'closes the connection', act: { kind: 'drop' } },
  { did: 'closes in the middle of its reply', act: { kind: 'half' } },
];

type PlaceCase = {
  readonly at: string;
  readonly place: Place;
  readonly settings?: Partial<SessionSettings>;
  readonly extensions?: readonly string[];
};

const PATIENCE: Readonly<Record<Place, keyof SessionSettings['timeouts']>> = {
  greeting: 'greetingMs',
  hello: 'helloMs',
  STARTTLS: 'helloMs',
  AUTH: 'helloMs',
  MAIL: 'mailMs',
  RCPT: 'rcptMs',
  DATA: 'dataMs',
  block: 'blockMs',
  final: 'finalMs',
  first: 'finalMs',
  second: 'finalMs',
  QUIT: 'quitMs',
};

/** A message that is still on its way when the server does something; all of it is `size` bytes. */
function onItsWay(size: number, go: Promise<unknown>): MessageSource {
  const block = Buffer.alloc(64 * 1024, 'line\r\n');
  const pieces = async function* (): AsyncGenerator<Buffer> {
    yield block;
    await go;
    for (let sent = block.length; sent < size; sent += block.length) yield block;
  };
  return { id: 'large', size: 1024 * 1024, stream: () => Readable.from(pieces()) };
}

/** What an unopened connection means for whoever wanted it. */
const UNCONNECTED = 'no connection: both temporary, connection';

const words = ({ kind, scope }: Outcome): string => (kind === 'delivered' ? kind : `${kind}, ${scope}`);

function resultOf([first, second]: readonly Outcome[], kept: boolean): string {
  if (first === undefined || second === undefined) return 'no outcome';
  const both = words(first) === words(second);
  const text = both ? `both ${words(first)}` : `the first ${words(first)}; the second ${words(second)}`;
  return kept ? text : `${text}; connection ended`;
}

/** Starts a server; `stop` ends its connections too, which it may have forgotten. */
async function started(t: Test, server: Server): Promise<{ port: number; stop: () => void }> {
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => sockets.push(socket));
  const stop = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: await listen(t, server), stop };
}

/** Lets a server do one thing, and tells what became of it. */
async function tryOne(
  t: Test,
  { at, place, settings = {}, extensions = ['PIPELINING'] }: PlaceCase,
  { did, act }: Deed,
  own: { readonly key: string; readonly cert: string },
): Promise<Seen> {
  const lmtp = settings.type === 'lmtp';
  const { port, stop } = await started(t, scriptedSmtp(place, act, { lmtp, extensions, certificate: own }));
  const timeouts = {
    ...timeoutsOf(10_000),
    ...(act.kind === 'hang' ? { [PATIENCE[place]]: HANG_MS } : {}),
  };
  const all: SessionSettings = { type: 'smtp', tls: 'never', auth: null, dsn: false, ...settings, timeouts };
  let result: string;
  try {
    const session = await openSmtpSession({ host: '127.0.0.1', port }, all, { ca: own.cert });
    const go = place === 'block' && act.kind === 'say' ? sleep(2 * HANG_MS) : Promise.resolve();
    const hung = place === 'block' && act.kind === 'hang';
    const message = place === 'block' ? onItsWay(hung ? 64e6 : 3e5, go) : messageOf('Subject: x\n\nbody\n');
    const { outcomes } = await session.transact({ sender: 's@x', recipients: ['a@x', 'b@x'], message });
    const kept = session.alive();
    await session.close();
    if (session.alive()) t.fail(`${at}, ${did}: it is still open`);
    checkOutcomes(t, `${at}, ${did}`, outcomes, act);
    result = resultOf(outcomes, kept);
  } catch (error) {
    t.match(error, { name: 'ConnectFailure', conversation: String }, `${at}, ${did}`);
    result = UNCONNECTED;
  } finally {
    stop();
  }
  return { at, did, result };
}

/** What keeps a connection from coming about. */
async function unconnected(t: Test): Promise<Seen[]> {
  const manner = { lmtp: false, extensions: [] };
  const hanging = await started(t, scriptedSmtp('greeting', { kind: 'hang' }, manner));
  const talking = await started(t, scriptedSmtp('QUIT', { kind: 'drop' }, manner));
  const closed = await started(t, scriptedSmtp('QUIT', { kind: 'drop' }, manner));
  closed.stop();
  const rows = [
    ['is not there', closed, 'never'],
    ['hangs before TLS that should come first', hanging, 'implicit'],
    ['speaks before TLS that should come first', talking, 'implicit'],
  ] as const;
  return await Promise.all(
    rows.map(async ([did, { port, stop }, tls]) => {
      const timeouts = { ...timeoutsOf(10_000), connectMs: HANG_MS };
      const settings: SessionSettings = { type: 'smtp', tls, auth: null, dsn: false, timeouts };
      const peer = { host: '127.0.0.1', port };
      await t.rejects(openSmtpSession(peer, settings, {}), { name: 'ConnectFailure', conversation: '' }, did);
      stop();
      return { at: 'connecting', did, result: UNCONNECTED };
    }),
  );
}

/** What holds of every outcome and is not in the table. */
function checkOutcomes(t: Test, label: string, outcomes: readonly Outcome[], act: Act): void {
  const given = act.kind === 'say' ? act.reply : null;
  for (const { kind, status, reply, conversation } of outcomes) {
    // A connection that broke before MAIL has a conversation of its own.
    const begun = !/^(EHLO|LHLO|AUTH|STARTTLS)/.test(label);
    if (begun && kind !== 'delivered' && !conversation?.includes('> MAIL FROM:<s@x>'))
      t.fail(`${label}: no conversation`);
    if (given === null || !reply.startsWith(given.slice(0, 4))) continue;
    const wanted = /^\d{3} (\d\.\d\.\d) /.exec(given)?.[1] ?? null;
    if (status !== wanted && !(kind === 'delivered'))
      t.equal(status, wanted, `${label}: the status of ${reply}`);
  }
}

/** Runs tasks, so many at once, and gives what they led to in their order. */
async function atOnce<T>(many: number, tasks: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  const left = tasks.entries();
  const work = async (): Promise<void> => {
    for (const [index, task] of left) results[index] = await task();
  };
  await Promise.all(Array.from({ length: many }, work));
  return results;
}

await t.test('whatever a server does', async (t) => {
  const own = makeCertificate(t);
  if (own === null) {
    t.plan(0, 'openssl(1) is not here to make a certificate');
    return;
  }
  const passwordFile = join(t.testdir({ password: 's3cret' }), 'password');
  writeFileSync(passwordFile, 's3cret');
  const auth = { user: 'ann', passwordFile };
  const places: readonly PlaceCase[] = [
    { at: 'greeting', place: 'greeting' },
    { at: 'EHLO', place: 'hello' },
    { at: 'LHLO', place: 'hello', settings: { type: 'lmtp' } },
    { at: 'STARTTLS, `tls: opportunistic`', place: 'STARTTLS', settings: { tls: 'opportunistic' } },
    { at: 'STARTTLS, `tls: required`', place: 'STARTTLS', settings: { tls: 'required' } },
    { at: 'AUTH', place: 'AUTH', settings: { auth }, extensions: ['PIPELINING', 'AUTH PLAIN'] },
    { at: 'MAIL', place: 'MAIL' },
    { at: 'RCPT of the first', place: 'RCPT' },
    { at: 'DATA', place: 'DATA' },
    { at: 'in the message', place: 'block' },
    { at: 'final dot', place: 'final' },
    { at: 'LMTP, for the first', place: 'first', settings: { type: 'lmtp' } },
    { at: 'LMTP, for the second', place: 'second', settings: { type: 'lmtp' } },
    { at: 'QUIT', place: 'QUIT' },
  ];
  const starttls = (one: PlaceCase): PlaceCase =>
    one.place === 'STARTTLS' ? { ...one, extensions: ['PIPELINING', 'STARTTLS'] } : one;
  const tasks = (more: (one: PlaceCase) => PlaceCase) =>
    places.flatMap((one) => ACTS.map((two) => () => tryOne(t, more(starttls(one)), two, own)));
  const began = Date.now();
  const seen = [
    ...(await unconnected(t)),
    ...(await atOnce(
      24,
      tasks((one) => one),
    )),
  ];
  const problem = compareTable(
    DOCUMENT,
    'outcome table',
    outcomeTable(seen, CODES),
    process.env[UPDATE] === '1',
  );
  t.equal(problem, null);

  const plain = await atOnce(
    24,
    tasks((one) => ({ ...one, extensions: (one.extensions ?? []).filter((word) => word !== 'PIPELINING') })),
  );
  const same = new Map(seen.map(({ at, did, result }) => [`${at}, ${did}`, result]));
  for (const { at, did, result } of plain) {
    if (result !== same.get(`${at}, ${did}`)) t.equal(result, same.get(`${at}, ${did}`), `${at}, ${did}`);
  }
  t.comment(`${seen.length + plain.length} conversations in ${Date.now() - began} ms`);
  t.same(await openConnections(), []);
});

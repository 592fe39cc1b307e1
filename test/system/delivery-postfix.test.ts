/** What a real Postfix says to a delivery, and what becomes of each recipient. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { entriesOf, makeLab, makeList, processesOf, until } from '../support/lab.ts';
import { skipReason, userNamed } from '../support/lab-needs.ts';
import { freePort } from '../support/lab-server.ts';
import { makePostfix, POSTFIX_PROGRAMS, type SmtpdPort } from '../support/postfix.ts';

const skip = skipReason({ programs: [...POSTFIX_PROGRAMS, 'openssl'], users: ['postfix', 'list'] });

const NAMES = ['ann', 'ben', 'cleo'];
const MANY = Array.from({ length: 10 }, (_, number) => `m${number}`);

/** A list whose members are behind a smtpd with settings of its own. */
type Place = {
  readonly mailboxes?: readonly string[];
  /** Members without a mailbox. */
  readonly strangers?: readonly string[];
  readonly settings?: Readonly<Record<string, string>>;
  /** Keys of its route. */
  readonly route?: string;
  readonly list?: string;
  readonly subject?: string;
  /** What the end of the entry is logged with, the first time. */
  readonly note: RegExp;
  readonly reply?: RegExp;
  /** Who is counted as bouncing. */
  readonly counted?: readonly string[];
  /** Who has it at last; all mailboxes when left out. */
  readonly have?: readonly string[];
};

const ALL_THREE = /note="delivered=3 temporary=0 permanent=0"/;
const OWNERS = /outputs=virgin note="delivered=0 temporary=0 permanent=3"/;
const NOBODY: readonly string[] = [];

/** `maps`: a directory for tables and certificates. */
function places(maps: string): Readonly<Record<string, Place>> {
  const tls = {
    smtpd_tls_security_level: 'encrypt',
    smtpd_tls_cert_file: join(maps, 'cert.pem'),
    smtpd_tls_key_file: join(maps, 'key.pem'),
  };
  const senders = { smtpd_sender_restrictions: `check_sender_access,texthash:${join(maps, 'senders')}` };
  return {
    plain: { note: ALL_THREE },
    unknown: {
      strangers: ['nobody'],
      note: /outputs=bounces note="delivered=3 temporary=0 permanent=1"/,
      reply: /status=5\.1\.1 reply="550 5\.1\.1 .*User unknown/,
      counted: ['nobody'],
    },
    grey: {
      settings: { smtpd_recipient_restrictions: `check_recipient_access,texthash:${join(maps, 'grey')}` },
      note: /outputs=retry note="delivered=2 temporary=1 permanent=0"/,
      reply: /status=4\.7\.1 reply="450 4\.7\.1 .*come back later/,
    },
    size: {
      settings: { message_size_limit: '500' },
      note: OWNERS,
      reply: /status=5\.3\.4 .*the server takes 500/,
      have: NOBODY,
    },
    limit: {
      mailboxes: MANY,
      settings: { smtpd_recipient_limit: '3', smtpd_error_sleep_time: '0' },
      // Three at a time, one transaction after the other.
      note: /note="delivered=10 temporary=0 permanent=0"/,
    },
    count: {
      mailboxes: MANY,
      settings: { smtpd_client_connection_count_limit: '1', smtpd_client_event_limit_exceptions: '' },
      list: 'verp: always\n',
      note: /note="delivered=10 temporary=0 permanent=0"/,
    },
    encrypted: { settings: tls, note: ALL_THREE },
    trusted: { settings: tls, route: ', tls: required', note: ALL_THREE },
    clear: {
      settings: tls,
      route: ', tls: never',
      note: /outputs=retry note="delivered=0 temporary=3 permanent=0"/,
      reply: /530 5\.7\.0 Must issue a STARTTLS command first/,
      have: NOBODY,
    },
    bare: {
      route: ', tls: required',
      note: /outputs=retry note="delivered=0 temporary=3 permanent=0"/,
      reply: /does not offer STARTTLS, and TLS is required/,
      have: NOBODY,
    },
    ascii: {
      settings: { smtputf8_enable: 'no' },
      strangers: ['jörg'],
      note: /outputs=bounces note="delivered=3 temporary=0 permanent=1"/,
      // Noted, but it weighs nothing: it is no word about the mailbox.
      reply: /status=5\.6\.7 .*lacks SMTPUTF8/,
    },
    sender: {
      settings: { ...senders, smtpd_delay_reject: 'no' },
      note: OWNERS,
      reply: /reply="553 5\.7\.1 .*not from here/,
      have: NOBODY,
    },
    // Postfix as it comes says at RCPT what it has against the sender: a policy, which weighs nothing either.
    delayed: {
      settings: senders,
      note: /outputs=bounces note="delivered=0 temporary=0 permanent=3"/,
      reply: /reply="553 5\.7\.1 .*not from here/,
      have: NOBODY,
    },
    content: { subject: 'forbidden', note: OWNERS, reply: /reply="550 5\.7\.1 no such words/, have: NOBODY },
  };
}

const domainOf = (name: string) => `${name}.example`;

await t.test('Postfix as the server of the members', { skip }, async (t) => {
  const user = userNamed('list');
  const maps = t.testdir();
  const all = places(maps);
  const ports = new Map<string, number>();
  for (const name of Object.keys(all)) ports.set(name, await freePort());
  const port = await freePort();
  const routes = Object.entries(all).map(([name, { route = '' }]) => {
    return `  ${domainOf(name)}: { type: smtp, host: 127.0.0.1, port: ${ports.get(name)}${route} }\n`;
  });
  using lab = makeLab({
    user,
    yaml: `transport: { type: smtp, host: 127.0.0.1, port: ${port}, tls: never }\nroutes:\n${routes.join('')}retry: { first: 1s, max: 1s }\n`,
  });
  writeFileSync(join(maps, 'grey'), 'ben@grey.example 450 4.7.1 come back later\n');
  const refused = ['sender', 'delayed'].map(
    (name) => `${name}-bounces@lists.example 553 5.7.1 not from here\n`,
  );
  writeFileSync(join(maps, 'senders'), refused.join(''));
  writeFileSync(join(maps, 'headers'), '/^Subject:.*forbidden/ REJECT 5.7.1 no such words\n');
  const certificate = ['-keyout', join(maps, 'key.pem'), '-out', join(maps, 'cert.pem')];
  const kind = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=test'];
  execFileSync('openssl', [...kind, '-addext', 'subjectAltName=IP:127.0.0.1', ...certificate], {
    stdio: 'ignore',
  });
  const smtpds = Object.entries(all).map(([name, { mailboxes = NAMES, settings = {} }]): SmtpdPort => {
    return { port: ports.get(name) ?? 0, domain: domainOf(name), mailboxes, settings };
  });
  await using postfix = makePostfix(join(lab.root, 'postfix'), {
    port,
    env: lab.env,
    inject: lab.command(),
    user: 'list',
    mailboxes: ['ada', 'owner', 'postmaster'],
    aliases: { moved: 'nobody@members.example' },
    ports: smtpds,
    main: `header_checks = regexp:${join(maps, 'headers')}\n`,
  });
  await postfix.start();
  const trust = { env: { NODE_EXTRA_CA_CERTS: join(lab.root, 'trusted.pem') } };
  copyFileSync(join(maps, 'cert.pem'), trust.env.NODE_EXTRA_CA_CERTS);

  const open = 'posting: { nonmembers: accept }\narchive: false\n';
  for (const [name, { mailboxes = NAMES, strangers = [], list = '', subject = name }] of Object.entries(
    all,
  )) {
    const members = [...mailboxes, ...strangers].map((one) => `${one}@${domainOf(name)}`);
    await makeList(lab, name, members, { yaml: open + list });
    const post = `From: ada@members.example\nSubject: ${subject}\n\n${'x'.repeat(70)}\n`;
    await lab.must(['inject', name, '--sender', 'ada@members.example'], { input: post });
  }
  const ran = await lab.run(['--all', '--once', '-v'], trust);
  t.equal(ran.status, 0, ran.stderr);
  t.strictSame(processesOf(lab), []);
  const linesOf = (name: string, what: RegExp) =>
    ran.stderr.split('\n').filter((line) => line.includes(` list=${name}@lists.example `) && what.test(line));
  for (const [name, { note, reply, counted = [] }] of Object.entries(all)) {
    t.match(linesOf(name, /entry-done queue=out /)[0] ?? '', note, name);
    if (reply)
      t.ok(
        linesOf(name, /delivery-(temporary|permanent)/).some((line) => reply.test(line)),
        `${name}, and why`,
      );
    const found = linesOf(name, /queue=bounces /).flatMap((line) => [
      ...line.matchAll(/counted ([^\s",@]+)/g),
    ]);
    t.strictSame(
      found.map(([, who]) => who),
      counted,
      `${name}: who is counted`,
    );
  }

  await t.test('who was put off has it in the end, and nobody has it twice', async (t) => {
    writeFileSync(join(maps, 'grey'), '');
    // It reads its tables when it starts.
    await postfix.stop();
    await postfix.start();
    const hopeless = Object.entries(all).filter(
      ([, { have, note }]) => have === NOBODY && /retry/.test(note.source),
    );
    await until('only those wait who cannot have it', async () => {
      await lab.must(['--all', '--once'], trust);
      return (await entriesOf(lab)).length === hopeless.length;
    });
    await postfix.idle();
    for (const [name, { mailboxes = NAMES, have = mailboxes }] of Object.entries(all)) {
      for (const one of mailboxes) {
        const mails = postfix.mailbox(`${one}@${domainOf(name)}`);
        t.equal(mails.length, have.includes(one) ? 1 : 0, `${one} of ${name}`);
      }
    }
  });

  await t.test('the owners are told of what was refused as a whole', async (t) => {
    const told = postfix.mailbox('owner').map((mail) => mail.toString());
    for (const words of ['the server takes 500', 'not from here', 'no such words'])
      t.ok(
        told.some((mail) => mail.replace(/\s+/g, ' ').includes(words)),
        words,
      );
  });

  await t.test('what is asked for by DSN comes back in the report', async (t) => {
    await makeList(lab, 'dsn', ['moved@members.example'], { yaml: open });
    const post = `From: ada@members.example\nSubject: dsn\n\nthe body\n`;
    await lab.must(['inject', 'dsn', '--sender', 'ada@members.example'], { input: post });
    const { stderr } = await lab.run(['--all', '--once', '-v']);
    const id = /entry-done queue=out id=(\S+) list=dsn@/.exec(stderr)?.[1];
    await postfix.idle();
    const { id: bounce } = await until('Postfix reports', async () => {
      const lines = (await lab.must(['--json', 'queue', 'ls'])).split('\n');
      const line = lines.find((one) => one.includes('"bounces"'));
      return line === undefined ? null : JSON.parse(line);
    });
    const report = await lab.must(['queue', 'show', '--message', bounce]);
    t.match(report, /Original-Recipient: rfc822;moved@members\.example/);
    t.match(report, new RegExp(`Original-Envelope-Id: ${id}`));
    t.notMatch(report, /the body/, 'the header only');
    const counted = await lab.run(['--all', '--once', '-v']);
    t.match(counted.stderr, /counted moved@members\.example/);
  });
});

import { chmodSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { entriesOf, type Lab, makeLab, makeList, placesOf, processesOf, until } from '../support/lab.ts';
import { bodyOf, fieldOf } from '../support/lab-mail.ts';
import { skipReason, userNamed } from '../support/lab-needs.ts';
import { freePort } from '../support/lab-server.ts';
import { makePostfix, POSTFIX_PROGRAMS } from '../support/postfix.ts';

const skip = skipReason({ programs: POSTFIX_PROGRAMS, users: ['postfix', 'list'] });
const ADA = 'ada@members.example';
const members = (...names: string[]) => names.map((name) => `${name}@members.example`);

/** Lines that a server on the way might change. */
const BODY = Buffer.from(
  `.\n..two\nFrom the start\ncaf\xe9 \xc3\xa9 \t \n${'long '.repeat(190)}\n\n>From\n-- \nend\n`,
  'latin1',
);

function message(subject: string, body: Buffer | string = BODY): Buffer {
  const head = `From: Ada <${ADA}>\nTo: somebody@lists.example\nSubject: ${subject}
Message-ID: <${subject}@members.example>\nDate: Mon, 23 Nov 2026 08:00:00 +0000\nMIME-Version: 1.0
Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n`;
  return Buffer.concat([Buffer.from(head), Buffer.from(body)]);
}

/** How many messages with this in their Subject a mailbox has. */
const about = (mailbox: readonly Buffer[], words: string): Buffer[] =>
  mailbox.filter((mail) => fieldOf(mail, 'Subject')?.includes(words));

/** Runs until nothing is due and nothing is left. */
async function drainAll(lab: Lab): Promise<void> {
  await until('all queues are empty', async () => {
    await lab.must(['--all', '--once']);
    return (await entriesOf(lab)).length === 0;
  });
}

await t.test('a list between Postfix and Postfix', { skip }, async (t) => {
  const port = await freePort();
  using lab = makeLab({
    user: userNamed('list'),
    yaml: `transport: { type: smtp, host: 127.0.0.1, port: ${port}, tls: never }
retry: { first: 1s, max: 2s }\nlimits: { message_size: 100KB }\n`,
  });
  await using postfix = makePostfix(join(lab.root, 'postfix'), {
    port,
    env: lab.env,
    inject: lab.command(),
    user: 'list',
    mailboxes: ['ada', 'ben', 'cleo', 'owner', 'postmaster'],
    aliases: { moved: 'nobody@members.example' },
  });
  await postfix.start();

  await t.test('a post goes in by SMTP and out by SMTP, byte for byte', async (t) => {
    await makeList(lab, 'friends', members('ada', 'ben', 'cleo'));
    await postfix.send(ADA, ['friends@lists.example'], message('hello'));
    await postfix.idle();
    t.strictSame(await placesOf(lab), ['in/new'], 'nothing runs by itself');
    t.strictSame(processesOf(lab), []);
    const { status, stderr } = await lab.run(['--all', '--once']);
    t.equal(status, 0, stderr);
    t.strictSame(await placesOf(lab), []);
    for (const name of ['ada', 'ben', 'cleo']) {
      const [mail, ...more] = await postfix.awaitMail(name, 1);
      t.strictSame(more, [], `${name} has it once`);
      if (!mail) continue;
      t.strictSame(bodyOf(mail), BODY, `${name} has it byte for byte`);
      t.equal(fieldOf(mail, 'Subject'), '[friends] hello');
      t.match(fieldOf(mail, 'List-Id'), /<friends\.lists\.example>/);
      t.equal(fieldOf(mail, 'Return-Path'), '<friends-bounces@lists.example>');
      t.equal(fieldOf(mail, 'From'), `Ada <${ADA}>`);
    }
    t.strictSame(processesOf(lab), [], 'no process is left');
  });

  await t.test('one mail to two lists, and to a list and a member', async (t) => {
    const open = { yaml: 'posting: { nonmembers: accept }\n' };
    await makeList(lab, 'one', members('ben'), open);
    await makeList(lab, 'two', members('ben'), open);
    const to = ['one@lists.example', 'two@lists.example', ...members('cleo')];
    await postfix.send(ADA, to, message('both'));
    await postfix.idle();
    t.strictSame(await placesOf(lab), ['in/new', 'in/new']);
    await drainAll(lab);
    await postfix.idle();
    const subjects = about(postfix.mailbox('ben'), 'both').map((mail) => fieldOf(mail, 'Subject'));
    t.strictSame(new Set(subjects), new Set(['[one] both', '[two] both']));
    t.equal(subjects.length, 2);
    t.equal(about(postfix.mailbox('cleo'), 'both').length, 1);
  });

  await t.test('joining by mail: a confirmation is asked for, and answered through +', async (t) => {
    const owner = 'owner@members.example';
    await postfix.send(owner, ['friends-join@lists.example'], `From: ${owner}\nSubject: hi\n\n`);
    await postfix.idle();
    t.strictSame(await placesOf(lab), ['commands/new']);
    await drainAll(lab);
    const [asked] = await postfix.awaitMail('owner', 1);
    t.ok(asked);
    if (!asked) return;
    const from = fieldOf(asked, 'Reply-To') ?? fieldOf(asked, 'From') ?? '';
    const confirm = /friends-confirm\+[^@\s<>]+@lists\.example/.exec(from)?.[0] ?? '';
    t.not(confirm, '', from);
    await postfix.send(owner, [confirm], `From: ${owner}\nSubject: Re: confirm\n\n`);
    await postfix.idle();
    await drainAll(lab);
    t.match(await lab.must(['member', 'ls', 'friends']), /^owner@members\.example$/m);
    await lab.must(['member', 'rm', 'friends', owner]);
  });

  await t.test('a member whom Postfix does not know is a counted bounce', async (t) => {
    await makeList(lab, 'gone', members('ada', 'nobody'));
    await postfix.send(ADA, ['gone@lists.example'], message('refused'));
    await postfix.idle();
    const { status, stderr } = await lab.run(['--all', '--once', '-v']);
    t.equal(status, 0, stderr);
    t.match(stderr, /queue=out .*note="delivered=1 temporary=0 permanent=1"/);
    t.match(stderr, /queue=bounces .*note="counted nobody@members\.example"/);
    t.strictSame(await placesOf(lab), []);
    await postfix.idle();
    t.equal(about(postfix.mailbox('ada'), 'refused').length, 1);
  });

  for (const verp of [true, false]) {
    const kind = verp ? 'the address it comes to' : 'its report';
    await t.test(`a bounce that comes by mail is counted by ${kind}`, async (t) => {
      const name = verp ? 'late-verp' : 'late';
      await makeList(lab, name, members('ada', 'moved'), { yaml: `verp: ${verp}\n` });
      await postfix.send(ADA, [`${name}@lists.example`], message(name));
      await postfix.idle();
      await lab.must(['--all', '--once']);
      await postfix.idle();
      t.strictSame(await placesOf(lab), ['bounces/new'], 'Postfix sent a bounce to the list');
      const { stderr } = await lab.run(['--all', '--once', '-v']);
      t.match(stderr, /queue=bounces .*note="counted moved@members\.example"/);
      t.strictSame(await placesOf(lab), []);
    });
  }

  await t.test('Postfix is down: everything waits, and goes out once when it is back', async (t) => {
    const post = message('patience');
    await lab.must(['inject', 'friends', '--sender', ADA], { input: post });
    await postfix.stop();
    const { status, stdout, stderr } = await lab.run(['--all', '--once', '--json']);
    t.equal(status, 0, stderr);
    t.match(stdout, /"end":"drained"/);
    t.strictSame(await placesOf(lab), ['retry/deferred']);
    const [{ dueAt } = { dueAt: null }] = await entriesOf(lab);
    t.ok(dueAt !== null && dueAt < Date.now() + 5_000, 'the site tries again after a second');
    t.strictSame(about(postfix.mailbox('ben'), 'patience'), []);
    await postfix.start();
    await drainAll(lab);
    await postfix.idle();
    for (const name of ['ada', 'ben', 'cleo']) {
      const mails = about(postfix.mailbox(name), 'patience');
      t.equal(mails.length, 1, `${name} has it once`);
      t.strictSame(mails.map(bodyOf), [BODY]);
    }
  });

  await t.test('an unknown list is bounced as an unknown user', async (t) => {
    const before = postfix.mailbox('ada').length;
    await postfix.send(ADA, ['nolist@lists.example'], message('unknown'));
    await postfix.idle();
    const report = (await postfix.awaitMail('ada', before + 1)).find((mail) =>
      mail.includes('nolist@lists.example'),
    );
    t.match(report?.toString('latin1'), /^Status: 5\.1\.1$/m);
    t.match(report?.toString('latin1'), /no list "nolist@lists\.example"/, 'with our words');
    t.strictSame(await placesOf(lab), []);
  });

  await t.test('a message over the limit is bounced', async (t) => {
    const before = postfix.mailbox('ada').length;
    await postfix.send(
      ADA,
      ['friends@lists.example'],
      message('large', 'x'.repeat(70).concat('\n').repeat(2000)),
    );
    await postfix.idle();
    const mails = await postfix.awaitMail('ada', before + 1);
    t.ok(
      mails.some((mail) => /^Status: 5\.6\.0$/m.test(mail.toString('latin1'))),
      'data format error',
    );
    t.strictSame(await placesOf(lab), []);
  });

  await t.test(
    'a spool that cannot be written: Postfix keeps the mail and hands it over later',
    async (t) => {
      const directory = join(lab.spool, 'in', 'tmp');
      t.ok(existsSync(directory));
      chmodSync(directory, 0o555);
      await postfix.send(ADA, ['friends@lists.example'], message('later'));
      const [reason] = await until('Postfix defers it', async () => {
        const waiting = await postfix.waiting();
        return waiting.some((words) => words.includes('temporary failure')) && waiting;
      });
      t.match(reason, /cannot accept the message/, 'with our words');
      t.strictSame(await placesOf(lab), []);
      chmodSync(directory, 0o2770);
      await postfix.flush();
      await postfix.idle();
      t.strictSame(await placesOf(lab), ['in/new']);
      await drainAll(lab);
      await postfix.idle();
      t.strictSame(about(postfix.mailbox('ben'), 'later').map(bodyOf), [BODY]);
    },
  );

  await t.test('a mistake in qrunner.yaml: Postfix keeps the mail', async (t) => {
    const wrong = join(lab.site, 'lists', 'wrong.yaml');
    await makeList(lab, 'wrong', [], { owner: 'no address' });
    await postfix.send(ADA, ['friends@lists.example'], message('mistake'));
    await until('Postfix defers it', async () =>
      (await postfix.waiting()).some((words) => words.includes('mistake')),
    );
    rmSync(wrong);
    await postfix.flush();
    await postfix.idle();
    await drainAll(lab);
    await postfix.idle();
    t.strictSame(about(postfix.mailbox('ben'), 'mistake').map(bodyOf), [BODY]);
  });

  t.strictSame(processesOf(lab), [], 'no process is left');
});

/** What `qrunner mta postfix` prints, on a real Postfix: SMTP in, LMTP to a held socket, the entry in its queue. */
import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { entriesOf, makeLab, makeList, placesOf, processesOf, until } from '../support/lab.ts';
import { skipReason, userNamed } from '../support/lab-needs.ts';
import { freePort } from '../support/lab-server.ts';
import { makePostfix, POSTFIX_PROGRAMS } from '../support/postfix.ts';
import { spoolView } from '../support/site-rig.ts';
import { HOLDER_PROGRAMS, holdSocket } from '../support/socket-holder.ts';

const skip = skipReason({ programs: [...POSTFIX_PROGRAMS, ...HOLDER_PROGRAMS], users: ['postfix'] });
const ADA = 'ada@members.example';
const EVE = 'eve@members.example';

const BODY = `.\n..two\nFrom the start\ncaf\xe9 \t \n${'long '.repeat(190)}\n\nend\n`;
const message = (from: string, subject: string) =>
  Buffer.from(
    `From: ${from}\nSubject: ${subject}\nMessage-ID: <${subject}@members.example>\n\n${BODY}`,
    'latin1',
  );

/** The lines below the heading of a file in what is printed. */
function partOf(text: string, file: string): string {
  const [, part = ''] = new RegExp(`^# ${file}:.*\\n((?:[^#\\n].*\\n)+)`, 'm').exec(text) ?? [];
  if (part === '') throw new Error(`nothing for ${file} in ${text}`);
  return part;
}

await t.test('Postfix, told what is printed', { skip }, async (t) => {
  using lab = makeLab({ yaml: 'limits: { message_size: 100KB }\n' });
  await makeList(lab, 'friends', [ADA], { yaml: 'posting: { nonmembers: reject }\n' });
  await makeList(lab, 'tea', [ADA]);
  await using held = await holdSocket([...lab.command(), 'lmtp', '--idle', '300ms'], lab.env);
  const postfixUser = userNamed('postfix');
  chmodSync(dirname(held.path), 0o755);
  chownSync(held.path, postfixUser.uid, postfixUser.gid);

  const table = join(lab.root, 'table');
  const settings = await lab.must(['mta', 'postfix', '--socket', held.path]);
  writeFileSync(table, await lab.must(['mta', 'postfix', '--table', '--socket', held.path]));
  await using postfix = makePostfix(join(lab.root, 'postfix'), {
    port: await freePort(),
    env: lab.env,
    inject: [],
    user: 'nobody',
    mailboxes: ['ada', 'eve'],
    lists: {
      main: partOf(settings, '/etc/postfix/main.cf').replaceAll('/etc/postfix/qrunner', table),
      master: partOf(settings, '/etc/postfix/master.cf'),
    },
  });
  await postfix.start();
  const { entries } = spoolView(lab.spool);

  await t.test('one mail to two lists: one transaction, two entries, byte for byte', async (t) => {
    await postfix.send(ADA, ['friends@lists.example', 'tea@lists.example'], message(ADA, 'hello'));
    await postfix.idle();
    t.same(await placesOf(lab), ['in/new', 'in/new']);
    const both = await entries('in');
    t.same(both.map(({ meta }) => `${meta.list} ${meta.role} ${meta.sender}`).sort(), [
      `friends@lists.example posting ${ADA}`,
      `tea@lists.example posting ${ADA}`,
    ]);
    for (const { message: stored } of both) t.equal(stored.slice(stored.indexOf('\n\n') + 2), BODY);
    t.match(
      postfix.log(),
      /relay=.*lmtp\.sock.*dsn=2\.0\.0, status=sent \(250 2\.0\.0 .* accepted as in\/\d{16}-/,
    );
  });

  await t.test('each address has its queue; a bounce has the null reverse-path', async (t) => {
    await postfix.send('', ['tea-bounces+ada=members.example@lists.example'], message(EVE, 'bounce'));
    await postfix.send(EVE, ['Tea-Join@Lists.Example'], message(EVE, 'join'));
    await postfix.idle();
    const [bounce] = await entries('bounces');
    t.match(bounce?.meta, { role: 'bounces', extension: 'ada=members.example', sender: '' });
    t.match((await entries('commands'))[0]?.meta, { role: 'join', sender: EVE });
  });

  await t.test('an unknown list is refused by Postfix itself, in its own dialogue', async (t) => {
    await t.rejects(postfix.send(ADA, ['nolist@lists.example'], message(ADA, 'unknown')), {
      responseCode: 550,
      message: /./,
    });
  });

  await t.test('what the list rejects comes back with its reason, once, and from Postfix', async (t) => {
    await postfix.send(EVE, ['friends@lists.example'], message(EVE, 'stranger'));
    const [report] = await postfix.awaitMail('eve', 1);
    t.match(String(report), /Status: 5\.7\.1/);
    t.match(
      String(report).replace(/\s+/g, ' '),
      /eve@members\.example is not a member, and the list rejects/,
    );
  });

  await t.test('what is too large is refused before it is sent', async (t) => {
    const large = Buffer.concat([
      message(ADA, 'large'),
      Buffer.from('x'.repeat(70).concat('\n').repeat(2_000)),
    ]);
    await postfix.send(ADA, ['friends@lists.example'], large);
    const [report] = await postfix.awaitMail('ada', 1);
    t.match(String(report), /Status: 5\.3\.4/);
  });

  await t.test('a mistake in the configuration: Postfix keeps the mail', async (t) => {
    const before = (await entriesOf(lab)).length;
    const wrong = join(lab.site, 'lists', 'wrong.yaml');
    // One that is still there may believe what it read a second ago.
    await until('nothing runs', () => processesOf(lab).length === 0);
    writeFileSync(wrong, 'owners: [no address]\n');
    await postfix.send(ADA, ['friends@lists.example'], message(ADA, 'later'));
    await until('Postfix defers it', async () =>
      (await postfix.waiting()).some((why) => why.includes('451 4.3.5')),
    );
    writeFileSync(wrong, 'owners: [ada@members.example]\n');
    await postfix.flush();
    await postfix.idle();
    t.equal((await entriesOf(lab)).length, before + 1);
  });

  await until('nothing runs any more', () => processesOf(lab).length === 0);
  t.match(held.errors(), /lmtp-trouble reason=".*wrong\.yaml/);
});

import t from 'tap';
import { bodyOf, fieldOf } from '../support/lab-mail.ts';
import { bootSystemd, noSystemd } from '../support/systemd-lab.ts';
import { startPostfix } from '../support/systemd-postfix.ts';
import { pathIsWell, untilQuiet } from '../support/systemd-producer.ts';
import { postOf } from '../support/systemd-site.ts';
import { installUnits } from '../support/systemd-units.ts';

const skip = noSystemd({ programs: ['postfix', 'postconf', 'postqueue'], users: ['postfix'] });
const ADA = 'ada@members.example';
const MEMBERS = ['ada', 'ben', 'cleo'];
const POSTS = 12;
const RELAY = 'lmtp:unix:/run/qrunner/lmtp.sock';

await t.test('from Postfix by LMTP to Postfix by units alone', { skip, timeout: 120_000 }, async (t) => {
  await using lab = await bootSystemd({
    members: MEMBERS,
    yaml:
      'transport: { type: smtp, host: 127.0.0.1, port: 25, tls: never }\n' +
      'systemd: { lmtp_group: postfix }\n',
  });
  await installUnits(lab);
  const postfix = await startPostfix(lab, [...MEMBERS, 'owner', 'postmaster'], RELAY);
  const arrived = async (count: number) => {
    await lab.until('every member has the mail', () =>
      MEMBERS.every((member) => postfix.mailbox(member).length >= count),
    );
    await untilQuiet(lab);
    await lab.until('the intake has ended', () => lab.processes().length === 0);
    await lab.until('Postfix has nothing left', async () => (await postfix.waiting()) === '');
  };

  await t.test('a post to its SMTP port is in the mailboxes, with nobody’s help', async (t) => {
    await postfix.send(ADA, ['friends@lists.example'], postOf('hello'));
    await arrived(1);
    for (const member of MEMBERS) {
      const [mail, ...more] = postfix.mailbox(member);
      t.strictSame(more, [], `${member} has it once`);
      if (mail === undefined) continue;
      t.equal(fieldOf(mail, 'Subject'), '[friends] hello');
      t.equal(fieldOf(mail, 'Return-Path'), '<friends-bounces@lists.example>');
      t.equal(bodyOf(mail).toString(), 'body\n');
    }
    t.match(await lab.journal('qrunner-lmtp.service'), /lmtp-accept .*list=friends@lists\.example/);
    t.strictSame(lab.processes(), [], 'no process is left');
    await pathIsWell(t, lab);
  });

  await t.test('posts at once, by fewer runs than posts', async (t) => {
    const before = await lab.starts();
    const subjects = Array.from({ length: POSTS }, (_, number) => `many-${10 + number}`);
    await Promise.all(
      subjects.map((subject) => postfix.send(ADA, ['friends@lists.example'], postOf(subject))),
    );
    await arrived(1 + POSTS);
    for (const member of MEMBERS) {
      const got = postfix.mailbox(member).map((mail) => fieldOf(mail, 'Subject'));
      t.equal(got.length, 1 + POSTS, `${member} has each once`);
      t.strictSame(new Set(got), new Set(['hello', ...subjects].map((subject) => `[friends] ${subject}`)));
    }
    t.strictSame(lab.processes(), [], 'no process is left');
    t.comment(`${POSTS} posts: ${(await lab.starts()) - before} starts of the service`);
    await pathIsWell(t, lab);
  });
});

/**
 * From a bounce to the end, day by day: the built program on a clock that a test moves, and a mail server that refuses
 * some members.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import { fakeServer } from '../deliver/fake-server.ts';
import { type Lab, LIST_DOMAIN, makeLab, makeList, placesOf, runProgram } from '../support/lab.ts';
import { builtProgram } from '../support/lab-program.ts';

const skip = builtProgram === null && 'needs the built program: node build.mjs';
const PRELOAD = `--import=${pathToFileURL(join(import.meta.dirname, '../support/shift-clock.js')).href}`;
const DAY_MS = 86_400_000;
const ADA = 'ada@members.example';
const DEAD = 'dead@members.example';
const BACK = 'back@members.example';

t.setTimeout(240_000);

/** A site whose mail server knows no `dead`, days that begin at noon (UTC), and what was mailed. */
async function rig(t: Test, yaml: string) {
  const refused = new Set([DEAD]);
  const letters: { readonly from: string; readonly to: string[] }[] = [];
  const server = await fakeServer(t, {
    command: (line) => {
      const from = /^MAIL FROM:<([^>]*)>/.exec(line)?.[1];
      if (from !== undefined) letters.push({ from, to: [] });
      const to = /^RCPT TO:<([^>]*)>/.exec(line)?.[1];
      if (to === undefined) return undefined;
      if (refused.has(to)) return '550 5.1.1 no such user here';
      letters.at(-1)?.to.push(to);
      return undefined;
    },
  });
  const lab = makeLab({ yaml: `transport: { type: smtp, host: 127.0.0.1, port: ${server.port} }\n${yaml}` });
  t.teardown(() => lab[Symbol.dispose]());
  await makeList(lab, 'friends', [ADA, DEAD, BACK]);
  const noon = Math.floor(Date.now() / DAY_MS) * DAY_MS + DAY_MS / 2 - Date.now();
  let day = 0;
  const call = async (args: readonly string[], input = '') => {
    const [node, ...program] = lab.command();
    const env = { ...lab.env, CLOCK_SHIFT: String(noon + day * DAY_MS) };
    const ran = await runProgram([node, PRELOAD, ...program, ...args], env, { input });
    if (ran.status !== 0) t.fail(`qrunner ${args.join(' ')}: ${ran.status} ${ran.stderr}`);
    return ran.stdout;
  };
  return {
    lab,
    call,
    refused,
    letters,
    /** Whole messages, as the server got them. */
    mails: () => server.messages.map((bytes) => bytes.toString('latin1')),
    /** A post, then the jobs of the day, then what these have made. */
    live: async (on: number) => {
      day = on;
      await call(['inject', 'friends', '--sender', ADA], `From: ${ADA}\nSubject: day ${day}\n\nx\n`);
      await call(['--all', '--once']);
      await call(['periodic']);
      await call(['--all', '--once']);
    },
    events: async (address: string) => {
      const out = await call(['--json', 'member', 'log', 'friends', address]);
      return out
        .trim()
        .split('\n')
        .map((line) => String(JSON.parse(line).event));
    },
    delivery: async (address: string) =>
      String(JSON.parse(await call(['--json', 'member', 'show', 'friends', address])).delivery),
  };
}

const nothingLeft = async (t: Test, lab: Lab) => t.same(await placesOf(lab), []);

await t.test('bounces, a probe that bounces, warnings, removal', { skip }, async (t) => {
  const { lab, live, events, delivery, letters, mails, call } = await rig(
    t,
    'bounces: { threshold: 2, warnings: 2, warn_every: 2d }\n',
  );
  await live(0);
  await live(1);
  t.same(await events(DEAD), ['joined', 'bounce', 'counted', 'bounce', 'counted']);
  t.notOk(
    letters.some(({ from }) => from.includes('+probe-')),
    'the second day is not over',
  );
  await live(2);
  const probe = letters.find(({ from }) => from.includes('+probe-'));
  t.match(probe?.from, /^friends-bounces\+probe-[a-z2-7]{16}@/, 'sent under an address of its own');
  t.same((await events(DEAD)).slice(-2), ['probe-sent', 'probe-bounced'], 'our own server refused it');
  t.equal(await delivery(DEAD), 'enabled', 'the day of the probe is not over');
  t.match(await call(['member', 'show', 'friends', DEAD]), /\nscore +3 of 2\nstanding +probe bounced /);
  await live(3);
  t.equal(await delivery(DEAD), 'bouncing');
  t.match(
    await call(['member', 'show', 'friends', DEAD]),
    /\nstanding +stopped .*, 1 of 2 warnings sent, next /,
  );
  await live(4);
  await live(5);
  t.same((await events(DEAD)).slice(-3), ['disabled', 'warned', 'warned']);
  await live(6);
  await live(7);
  t.same((await events(DEAD)).slice(-1), ['removed'], 'the log stays');
  t.equal(await call(['member', 'ls', 'friends']), `${ADA}\n${BACK}\n`);
  const count = (await events(DEAD)).length;
  await live(8);
  t.equal((await events(DEAD)).length, count, 'a bounce of a warning was never counted');
  const subjects = mails().flatMap((mail) => /^Subject: (.*dead@.*)\r$/m.exec(mail)?.[1] ?? []);
  t.same(
    subjects,
    [`Delivery to ${DEAD} was stopped`, `${DEAD} was removed from friends`],
    'owners were told',
  );
  await nothingLeft(t, lab);
});

await t.test('a probe that another server sends back, and a member who comes back', { skip }, async (t) => {
  const { lab, live, events, delivery, letters, mails, call } = await rig(
    t,
    'bounces: { threshold: 1, warnings: 3, warn_every: 2d }\n',
  );
  const fromElsewhere = (address: string) =>
    call(
      ['inject', address, '--sender', ''],
      [
        'From: MAILER-DAEMON@elsewhere.example\nSubject: Undelivered\nMIME-Version: 1.0',
        'Content-Type: multipart/report; report-type=delivery-status; boundary=b\n',
        '--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; elsewhere.example\n',
        'Final-Recipient: rfc822; forwarded@elsewhere.example\nAction: failed\nStatus: 5.1.1\n',
        '--b--\n',
      ].join('\n'),
    );
  await live(0);
  await fromElsewhere(`friends-bounces+back=members.example@${LIST_DOMAIN}`);
  await call(['--all', '--once']);
  await live(1);
  const probe = letters.find(({ from, to }) => from.includes('+probe-') && to.includes(BACK));
  await fromElsewhere(probe?.from ?? '');
  await call(['--all', '--once']);
  await live(2);
  t.equal(await delivery(BACK), 'bouncing');
  t.same((await events(BACK)).slice(-4), ['probe-sent', 'probe-bounced', 'disabled', 'warned']);
  await live(3);
  const posts = letters.filter(
    ({ from, to }) => from === `friends-bounces@${LIST_DOMAIN}` && to.includes(BACK),
  );
  t.equal(posts.length, 3, 'he got the posts of three days and not of the fourth');

  const warning = mails().find((mail) => mail.includes(`To: ${BACK}`) && /no more mail/.test(mail)) ?? '';
  const address = /friends-confirm\+[a-z2-7]{32}@[\w.]+/.exec(warning)?.[0] ?? '';
  await call(['inject', address, '--sender', BACK], `From: ${BACK}\nSubject: Re: list\n\nI am here.\n`);
  await call(['--all', '--once']);
  t.equal(await delivery(BACK), 'enabled');
  t.same((await events(BACK)).slice(-1), ['enabled']);
  t.ok(mails().some((mail) => mail.includes('you get mail of the list again')));
  await live(4);
  t.equal(
    letters.filter(({ from, to }) => !from.includes('+') && from !== '' && to.includes(BACK)).length,
    4,
  );
  await nothingLeft(t, lab);
});

await t.test('a probe that arrives', { skip }, async (t) => {
  const { lab, live, events, delivery, refused } = await rig(
    t,
    'bounces: { threshold: 1, probe_life: 1d }\nretry: { give_up: 1d }\n',
  );
  refused.add(BACK);
  await live(0);
  refused.delete(BACK);
  for (const day of [1, 2, 3]) await live(day);
  t.equal(await delivery(BACK), 'enabled');
  t.same(await events(BACK), ['joined', 'bounce', 'counted', 'probe-sent', 'probe-passed']);
  t.equal(await delivery(DEAD), 'bouncing', 'while the other one is stopped');
  await nothingLeft(t, lab);
});

await t.test('a day on which the server refuses everybody', { skip }, async (t) => {
  const { lab, live, events, delivery, refused, mails } = await rig(
    t,
    'bounces: { threshold: 1, probe: never, alarm_members: 3 }\n',
  );
  for (const member of [ADA, BACK]) refused.add(member);
  await live(0);
  refused.clear();
  await live(1);
  await live(2);
  for (const member of [ADA, DEAD, BACK]) {
    t.equal(await delivery(member), 'enabled', member);
    t.notOk((await events(member)).includes('disabled'));
  }
  t.equal(
    mails().filter((mail) => /^Subject: Mail of friends comes back/m.test(mail)).length,
    1,
    'told once',
  );
  await nothingLeft(t, lab);
});

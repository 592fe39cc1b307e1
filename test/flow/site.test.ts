/** A small site as its operator sees it, with the built program as processes. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { call, start, until, untilFile } from '../support/program.ts';
import { maildir, type SiteOptions, siteFiles, spoolView } from '../support/site-rig.ts';

/** Waits for a person: begins, says so, and goes on when there is a gate. */
const SLOW = `dir=$(dirname "$0")
echo $$ >> "$dir/began"
while [ ! -e "$dir/gate" ]; do sleep 0.05; done
cat >> "$dir/got"
`;

const post = (subject: string, from = 'ann@example.org') =>
  `From: ${from}\nSubject: ${subject}\n\nThe words of ${subject}\n`;

/** The subjects of the posts in these texts, sorted. */
function subjectsIn(texts: readonly string[]): string[] {
  return texts
    .flatMap((text) => [...text.matchAll(/^The words of (.*)$/gm)].map(([, subject = '']) => subject))
    .sort();
}

/** A site with a command queue `slow`; ann and ben are members. */
async function smallSite(t: Test, { site = '', list = '', files = {} }: SiteOptions = {}) {
  const dir = t.testdir(
    siteFiles({
      site: `queues:\n  slow: { exec: [/bin/sh, ${t.testdirName}/slow.sh] }\n${site}`,
      list,
      files: { 'slow.sh': SLOW, ...files },
    }),
  );
  const succeed = async (args: string[], input?: string) => {
    const { status, err } = await call(dir, args, input);
    t.same([status, err], [0, ''], `qrunner ${args.join(' ')}`);
  };
  await succeed(['member', 'add', 'friends'], 'ann@example.org\nBen <ben@example.org>\n');
  return {
    dir,
    ...spoolView(join(dir, 'spool')),
    succeed,
    inject: (message: string, ...args: string[]) => succeed(['inject', 'friends', ...args], message),
    run: () => succeed(['--all', '--once']),
    open: () => writeFileSync(join(dir, 'gate'), ''),
    mail: (address: string) => maildir(join(dir, 'mail', address)),
    bells: () => readdirSync(join(dir, 'spool', 'bell')),
    /** The subjects that `slow` has taken, sorted. */
    got: () => subjectsIn([readFileSync(join(dir, 'got'), 'utf8')]),
    began: () => readFileSync(join(dir, 'began'), 'utf8').trim().split('\n').map(Number),
  };
}

await t.test('a day', async (t) => {
  const site = await smallSite(t, {
    site: `  index: { module: index.mjs }\n`,
    list: 'copy_to: [slow, index]\n',
    files: {
      'index.mjs': "export const run = async (entry) => ({ kind: 'done', note: String(entry.size) });\n",
    },
  });
  site.open();
  await site.succeed(['check']);

  await t.test('a post', async (t) => {
    await site.inject(post('tea'), '-f', 'ann@example.org');
    t.equal(site.bells().length, 1);
    await site.run();
    t.same([site.lies(), site.bells()], [{}, []]);
    for (const member of ['ann@example.org', 'ben@example.org']) {
      t.match(site.mail(member), [/\nSubject: \[friends\] tea\n[\s\S]*\n\nThe words of tea\n$/]);
    }
    t.equal(maildir(join(site.dir, 'state', 'archive', 'friends@example.org')).length, 1);
    t.same(site.got(), ['tea'], 'and to the queues of its own');
  });

  await t.test('help', async (t) => {
    await site.inject('From: eve@example.com\nSubject: help\n\n', '--to', 'request');
    await site.run();
    t.match(site.mail('eve@example.com'), [/Commands for friends-request@example\.org/]);
  });

  await t.test('join, and confirm', async (t) => {
    await site.succeed(['inject', 'friends-join@example.org'], 'From: fay@example.com\n\n');
    await site.run();
    const token = /^Subject: confirm (\S+)/m.exec(site.mail('fay@example.com').join(''))?.[1] ?? '';
    await site.succeed(['inject', `friends-confirm+${token}@example.org`], 'From: fay@example.com\n\n');
    await site.run();
    t.match((await call(site.dir, ['member', 'ls', 'friends'])).out, 'fay@example.com\n');
    await site.inject(post('coffee'));
    await site.run();
    t.match(site.mail('fay@example.com').join('\n'), 'Subject: [friends] coffee');
  });

  await t.test('a bounce', async (t) => {
    const bounce = 'From: MAILER-DAEMON@example.com\nSubject: no such user\n\nsorry\n';
    await site.succeed(['inject', 'friends-bounces+fay=example.com@example.org', '-f', ''], bounce);
    await site.run();
    const { out } = await call(site.dir, ['member', 'log', 'friends', 'fay@example.com']);
    t.match(out, /Z {2}counted {2}1, the score is 1 of 5\n$/);
  });

  await t.test('a stranger', async (t) => {
    await site.inject(post('buy', 'stranger@example.com'));
    await site.run();
    t.same(site.lies(), { 'in/held': 1 });
    const [row] = (await call(site.dir, ['queue', 'ls', 'in', 'held'])).out.split('\n').slice(1);
    await site.succeed(['queue', 'delete', row?.split(' ')[0] ?? '']);
    t.same(site.lies(), {});
  });

  t.same(site.got(), ['coffee', 'tea']);
});

await t.test('a second run at the same time', async (t) => {
  const site = await smallSite(t, { list: 'copy_to: [slow]\n' });
  await site.inject(post('one'));
  const first = start(site.dir, ['--all', '--once']);
  await untilFile(site.dir, 'began');
  await site.inject(post('two'));
  const second = await call(site.dir, ['--json', '--all', '--once']);
  t.match(second, { status: 0, out: /"end":"busy"/ }, 'ends at once');
  t.match(
    await call(site.dir, ['-r', 'slow', '-o', '--wait', '200ms']),
    { status: 75 },
    'or when its time is over',
  );
  site.open();
  t.match(await first.ended, { status: 0, err: '' });
  t.same(site.lies(), {}, 'the first has seen to all');
  t.same(site.got(), ['one', 'two']);
  t.equal(site.mail('ben@example.org').length, 2);
  t.equal(site.bells().length, 1, 'what was rung while it ran wakes one more run');
  await site.run();
  t.same(site.bells(), []);
});

await t.test('kill -9 in the middle', async (t) => {
  const site = await smallSite(t, { list: 'copy_to: [slow]\n' });
  const subjects = ['1', '2', '3', '4', '5', '6'];
  for (const subject of subjects) await site.inject(post(subject));
  const { child, ended } = start(site.dir, ['--all', '--once']);
  await untilFile(site.dir, 'began');
  await until('four commands run', () => site.began().length === 4);
  child.kill('SIGKILL');
  // Nobody is left to end them.
  for (const pid of site.began()) process.kill(pid, 'SIGKILL');
  t.match(await ended, { signal: 'SIGKILL' });
  t.same(site.lies(), { 'slow/active': 4, 'slow/new': 2 });
  t.equal(site.bells().length > 0, true, 'its bells stay: systemd starts a run');

  site.open();
  await site.run();
  t.same([site.lies(), site.bells()], [{}, []]);
  t.same(site.got(), subjects, 'nothing lost, nothing twice');
  for (const member of ['ann@example.org', 'ben@example.org']) {
    t.same(subjectsIn(site.mail(member)), subjects, member);
  }
  t.equal(maildir(join(site.dir, 'state', 'archive', 'friends@example.org')).length, subjects.length);
});

await t.test('kill -9 again and again, at any moment', async (t) => {
  const site = await smallSite(t, { list: 'copy_to: [slow]\n' });
  site.open();
  const subjects = Array.from({ length: 12 }, (_, index) => String(index).padStart(2, '0'));
  for (const subject of subjects) await site.inject(post(subject));
  for (const ms of [90, 120, 150, 180, 210, 240]) {
    const { child, ended } = start(site.dir, ['-r', 'in', '-r', 'archive', '-r', 'out', '-o']);
    await sleep(ms);
    child.kill('SIGKILL');
    await ended;
  }
  // An entry that three of them died over is put aside, and said so.
  t.equal((await call(site.dir, ['--all', '--once'])).status, 0);
  const places = Object.keys(site.lies());
  t.ok(
    places.every((place) => place.endsWith('/shunt')),
    `nothing else is left: ${places.join(' ')}`,
  );
  for (const queue of ['in', 'archive', 'out']) {
    for (const { file } of await site.entries(queue, 'shunt')) {
      await site.succeed(['queue', 'release', /\d{16}-[0-9a-f]{20}/.exec(file)?.[0] ?? '']);
    }
  }
  await site.run();
  t.same(site.lies(), {});
  t.same(site.got(), subjects);
  for (const member of ['ann@example.org', 'ben@example.org']) {
    t.same(subjectsIn(site.mail(member)), subjects, member);
  }
});

await t.test('told to end: exit 0, and the next run goes on', async (t) => {
  const site = await smallSite(t, { list: 'copy_to: [slow]\n' });
  await site.inject(post('tea'));
  const { child, ended } = start(site.dir, ['--all', '--once']);
  await untilFile(site.dir, 'began');
  child.kill('SIGTERM');
  t.match(await ended, { status: 0, err: '' });
  t.same(Object.values(site.lies()), [1], 'put down, not shunted');
  t.equal((await call(site.dir, ['queue', 'ls', 'slow', 'shunt'])).out, 'Nothing there.\n');
  site.open();
  await site.run();
  t.same(site.lies(), {});
  t.same(site.got(), ['tea']);
  t.equal(site.mail('ben@example.org').length, 1);
});

await t.test('a writer who keeps the pipe open after his message was refused', async (t) => {
  const site = await smallSite(t, { site: 'limits: { message_size: 1KB }\n' });
  const { child, ended } = start(site.dir, ['inject', 'friends']);
  child.stdin.write('x'.repeat(70_000));
  t.match(await ended, { status: 65, err: /larger than 1\.0KB/ });
  t.same(site.lies(), {});
});

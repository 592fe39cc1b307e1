/** Runs that decide about bounces are killed, again and again: each member still gets his mail, and gets it once. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { DEFAULT_BOUNCES } from '../../lib/config/bounce-settings.ts';
import { memberLog } from '../../lib/list/member-log.ts';
import { recordBounce } from '../../lib/list/record-bounce.ts';
import { openDatabase } from '../../lib/state/database.ts';
import { LIST_DOMAIN, makeLab, makeList, placesOf } from '../support/lab.ts';
import { readMaildir } from '../support/lab-mail.ts';
import { builtProgram } from '../support/lab-program.ts';

const skip = builtProgram === null && 'needs the built program: node build.mjs';
const LIST = `friends@${LIST_DOMAIN}`;
const DAY_MS = 86_400_000;
/** More than one order does at once. */
const MEMBERS = Array.from({ length: 230 }, (_, i) => `m${String(i).padStart(3, '0')}@members.example`);

t.setTimeout(180_000);

await t.test('one probe for each', { skip }, async (t) => {
  using lab = makeLab({ yaml: 'bounces: { threshold: 1, alarm_members: 1000 }\n' });
  await makeList(lab, 'friends', MEMBERS);
  const db = await openDatabase(join(lab.state, 'qrunner.db'));
  t.teardown(() => db.close());
  const report = { class: 'hard', status: '5.1.1', diagnostic: '550 no' } as const;
  const rules = { ...DEFAULT_BOUNCES, alarmMembers: 1000 };
  db.transaction(() => {
    for (const member of MEMBERS) recordBounce(db, LIST, member, report, Date.now() - DAY_MS, rules);
  });
  let killed = 0;
  /** Starts the program and kills it after some time. */
  const strike = async (args: readonly string[], afterMs: number) => {
    const [node, ...program] = lab.command();
    const child = spawn(node, [...program, ...args], { env: { ...lab.env }, stdio: 'ignore' });
    const gone = new Promise<NodeJS.Signals | null>((resolve) =>
      child.on('close', (_, signal) => resolve(signal)),
    );
    await Promise.race([sleep(afterMs), gone]);
    child.kill('SIGKILL');
    if ((await gone) === 'SIGKILL') killed++;
  };
  for (let round = 0; round < 6; round++) await strike(['bounces'], 100 + 40 * round);
  await lab.must(['bounces']);
  for (let round = 0; round < 12; round++) await strike(['--all', '--once'], 120 + 35 * round);
  t.ok(killed > 5, `${killed} were killed`);
  await lab.must(['--all', '--once']);
  // Over an entry that three runs died of a person decides; here he lets it go on.
  const rows = (await lab.must(['--json', 'queue', 'ls']))
    .split('\n')
    .filter((row) => row.includes('"shunt"'));
  for (const row of rows) await lab.must(['queue', 'release', /"id":"([^"]+)"/.exec(row)?.[1] ?? '']);
  await lab.must(['--all', '--once']);
  t.same(await placesOf(lab), []);
  for (const member of MEMBERS) {
    const mails = readMaildir(join(lab.state, 'maildir', member));
    t.equal(mails.length, 1, member);
    t.match(String(mails[0]), /^Return-Path: <friends-bounces\+probe-[a-z2-7]{16}@/);
    const sent = memberLog(db, LIST, member).filter(({ event }) => event === 'probe-sent');
    t.equal(sent.length, 1, member);
  }
});

/**
 * A short storm. A longer one: npm run storm -- --minutes N --seed S
 */
import { copyFileSync, readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { account } from '../storm/account.ts';
import { storm } from '../storm/storm.ts';
import { KILLED_RUNS, type World } from '../storm/world.ts';
import { builtProgram } from '../support/lab-program.ts';

const MS = 18_000;
const KILLS = 5;
const seed = Math.floor(Math.random() * 1_000_000);
const skip = builtProgram === null && 'needs the built program: node build.mjs';

/** What the account says after somebody has meddled. */
function wrongAfter(world: World, receipts: string, meddle: () => void): readonly string[] {
  const copy: World = { ...world, wrong: [] };
  meddle();
  account(copy, receipts);
  return copy.wrong;
}

t.setTimeout(300_000);

await t.test('in a storm nothing is lost and nothing comes twice', { skip }, async (t) => {
  const noticed: (readonly string[])[] = [];
  const { wrong, accepted, ends, counts } = await storm({
    seed,
    ms: MS,
    kills: KILLS,
    say: (line) => t.comment(line),
    after: (world, receipts) => {
      const [receipt = ''] = readdirSync(receipts);
      const mailbox = join(world.lab.state, 'maildir', 'ada@members.example', 'new');
      const [mail = ''] = readdirSync(mailbox);
      noticed.push(
        wrongAfter(world, receipts, () => unlinkSync(join(receipts, receipt))),
        wrongAfter(world, receipts, () => copyFileSync(join(mailbox, mail), join(mailbox, 'again'))),
      );
    },
  });
  for (const [what, number] of counts) t.comment(`${what}: ${number}`);
  t.comment(`${accepted} messages accepted, ${ends} ends`);
  t.strictSame(wrong, [], `again: npm run storm -- --minutes ${MS / 60_000} --seed ${seed}`);
  t.ok(accepted > 50, 'there was something to lose');
  t.ok((counts.get(KILLED_RUNS) ?? 0) >= KILLS, 'runs were killed');
  t.strictSame(
    noticed.map((lines) => lines.length),
    [1, 2],
    'the account notices a receipt that is gone, and then a mail that came twice',
  );
});

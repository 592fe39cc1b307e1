import { execFileSync } from 'node:child_process';
import t from 'tap';
import { builtProgram } from '../support/lab-program.ts';
import { bootSystemd, noSystemd } from '../support/systemd-lab.ts';
import { allOnce, pathIsWell } from '../support/systemd-producer.ts';
import { installUnits } from '../support/systemd-units.ts';

/** Why a run cannot be given a budget. */
function noBudget(): string | false {
  if (builtProgram === null) return 'needs the built program: node build.mjs';
  const help = execFileSync(process.execPath, [builtProgram, '--help']).toString();
  return help.includes('--max-entries') ? false : 'this program has no --max-entries';
}

const skip = noSystemd() || noBudget();
const POSTS = 20;

await t.test(
  'a run whose budget ends leaves a bell, and the next one goes on at once',
  { skip },
  async (t) => {
    await using lab = await bootSystemd();
    await installUnits(lab, { args: ['--max-entries=6'] });
    await lab.must(['systemctl', 'stop', 'qrunner.path']);
    const posts = Array.from({ length: POSTS }, (_, number) => `post-${number}`);
    for (const subject of posts) await lab.site.post(subject);
    await lab.must(['systemctl', 'start', 'qrunner.path']);
    await allOnce(t, lab, posts);
    await pathIsWell(t, lab);
    // A post is three entries: in, archive, out.
    const starts = await lab.starts();
    t.ok(starts >= (3 * POSTS) / 6, `${starts} runs`);
    t.ok(starts < 3 * POSTS, 'and each of them did some work');
    t.equal(await lab.show('qrunner.service', 'NRestarts'), '0', 'none of them was a failure');
  },
);

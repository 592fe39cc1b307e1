/** A delivery to a thousand, killed again and again: nobody is missed, and only what was in flight is repeated. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { entriesOf, filesInSpool, type Lab, makeLab, makeList, processesOf } from '../support/lab.ts';
import { skipReason } from '../support/lab-needs.ts';
import { freePort } from '../support/lab-server.ts';
import { putOut } from '../support/out-entries.ts';
import { type RecordSink, startRecordSink } from '../support/record-sink.ts';
import { seededRandom } from '../support/seeded-random.ts';

const skip = skipReason({ programs: ['setpriv'] });

const KILLS = 25;
const MEMBERS = 1000;
const CONNECTIONS = 4;
/** What the server takes for a transaction, milliseconds. */
const TAKES_MS = 8;
/** Set, the kills come at the same moments again, as far as the computer allows it. */
const SEED = Number(process.env.QRUNNER_SEED ?? Date.now() % 1_000_000);

const members = Array.from({ length: MEMBERS }, (_, number) => `m${number}@members.example`);

/** A run that can be killed. */
type Run = {
  readonly kill: () => void;
  readonly hasEnded: () => boolean;
  /** Its exit status; `null` when it was killed. */
  readonly ended: Promise<number | null>;
};

function startRun(lab: Lab): Run {
  const [program, ...words] = [...lab.command(), '--all', '--once'];
  const child = spawn(program ?? '', words, { env: lab.env, stdio: 'ignore' });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => resolve(status));
  });
  return {
    ended,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    kill: () => void child.kill('SIGKILL'),
  };
}

/** Entries, and whatever else there is but for bells and journals, which mean nothing without an entry. */
function inQueues(lab: Lab): string[] {
  return filesInSpool(lab.spool).filter((file) => !/^(bell|[a-z]+\/journal)\//.test(file));
}

/** What should not be: entries that were set aside, or more of them than there are. */
function wrongIn(lab: Lab): string[] {
  const files = inQueues(lab);
  return files.filter((file) => !/^out\/(new|active)\//.test(file)).concat(files.slice(1));
}

/** How often a run was killed, over how many posts, and how often after it had sent something. */
type Killed = { readonly kills: number; readonly posts: number; readonly atWork: number };

/** Posts, and kills the runs that deliver them; each after so many `transactions` at most, and some milliseconds. */
async function killOften(
  t: Test,
  lab: Lab,
  sink: RecordSink,
  verp: boolean,
  transactions: number,
): Promise<Killed> {
  const random = seededRandom(SEED + (verp ? 1 : 0));
  let kills = 0;
  let posts = 0;
  let atWork = 0;
  while (kills < KILLS) {
    posts++;
    await putOut(lab, [{ list: 'friends', recipients: members, subject: `post-${posts}`, verp }]);
    for (let finished = false; !finished; ) {
      const before = sink.records().length;
      const last = kills >= KILLS;
      const target = before + Math.floor(random() * transactions);
      const pause = random() * TAKES_MS;
      const run = startRun(lab);
      const isTime = () => !last && sink.records().length >= target;
      while (!run.hasEnded() && !isTime()) await sleep(2);
      await sleep(pause);
      if (!last) run.kill();
      const status = await run.ended;
      if (status !== null) {
        t.equal(status, 0, 'a run that is left alone ends well');
        t.strictSame(inQueues(lab), [], 'and leaves nothing');
        finished = true;
        continue;
      }
      kills++;
      if (sink.records().length > before) atWork++;
      const wrong = wrongIn(lab);
      if (wrong.length > 0) t.strictSame(wrong, [], `after kill ${kills}`);
      // The program sees the same; it takes a while to say so.
      if (kills % 3 !== 0) {
        finished = inQueues(lab).length === 0;
        continue;
      }
      const places = (await entriesOf(lab)).map(({ queue, state }) => `${queue}/${state}`);
      if (places.length > 1 || places.some((place) => !/^out\/(new|active)$/.test(place)))
        t.strictSame(places, ['out/active'], `after kill ${kills}`);
      finished = places.length === 0;
    }
  }
  return { kills, posts, atWork };
}

for (const verp of [true, false]) {
  const perTransaction = verp ? 1 : 10;
  await t.test(`a post to ${MEMBERS}, ${verp ? 'with' : 'without'} VERP`, { skip }, async (t) => {
    const port = await freePort();
    using lab = makeLab({
      yaml: `transport: { type: smtp, host: 127.0.0.1, port: ${port}, connections: ${CONNECTIONS}, recipients: 10 }\n`,
    });
    await makeList(lab, 'friends', []);
    const sink = await startRecordSink(lab.root, port, { '127.0.0.1': TAKES_MS }, lab.env);
    try {
      const { kills, posts, atWork } = await killOften(t, lab, sink, verp, (MEMBERS / perTransaction) * 0.07);
      const records = sink.records();
      const had = new Map<string, number>();
      for (const { subject, to } of records)
        for (const member of to) had.set(`${subject} ${member}`, (had.get(`${subject} ${member}`) ?? 0) + 1);
      const missed: string[] = [];
      for (let post = 1; post <= posts; post++)
        for (const member of members)
          if (!had.has(`post-${post} ${member}`)) missed.push(`post-${post} ${member}`);
      t.strictSame(missed, [], 'nobody is missed');
      t.equal(had.size, posts * MEMBERS, 'and nobody else has it');
      const repeats = [...had.values()].reduce((sum, count) => sum + count - 1, 0);
      const most = kills * CONNECTIONS * perTransaction;
      t.ok(
        repeats <= most,
        `${repeats} repeats are no more than what ${kills} kills may have in flight, ${most}`,
      );
      t.ok(atWork > kills / 3, `${atWork} of ${kills} kills hit a run that was sending`);
      t.strictSame(processesOf(lab), []);
      t.comment(
        `seed ${SEED}: ${posts} posts to ${MEMBERS}, ${kills} kills, ${atWork} of them in the middle of sending: ${repeats} repeats (${(repeats / perTransaction / kills).toFixed(2)} transactions for each kill), most allowed ${most}`,
      );
    } finally {
      await sink.stop();
    }
  });
}

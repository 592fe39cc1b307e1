/**
 * A fast producer, a process of its own: adds entries in bursts, and says before each what it tries and after it what
 * was accepted. It may be killed at any moment. It ends when its standard input does.
 *
 *     node producer.js SPOOL SEED NAME
 *     try TOKEN QUEUE
 *     ok TOKEN QUEUE ID
 */
import { readdirSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../lib/base/clock.ts';
import { QUEUES } from '../../lib/config/queue-names.ts';
import { addEntry } from '../../lib/spool/add.ts';
import { EMPTY_META, type EntryMeta } from '../../lib/spool/entry.ts';
import { openSpool } from '../../lib/spool/spool.ts';
import { LIST_DOMAIN } from '../support/lab.ts';
import { type Dice, makeDice } from './dice.ts';
import { STORM_QUEUES } from './fate.ts';
import { LIST, MEMBERS, message } from './mail.ts';

const [root = '', seed = '0', name = 'p'] = process.argv.slice(2);
const dice = makeDice(Number(seed), `producer ${name}`);
const queues = [...QUEUES.map((queue) => queue.name), ...STORM_QUEUES];
const spool = openSpool(root, queues, systemClock);

/** Lines are written at once: a killed process must not know more than it has said. */
const say = (line: string) => writeSync(1, `${line}\n`);

function queueFor(dice: Dice): string {
  const chance = dice.next();
  return chance < 0.5 ? 'split' : chance < 0.65 ? 'relay' : chance < 0.72 ? 'doomed' : 'in';
}

async function produce(token: string): Promise<void> {
  const queue = queueFor(dice);
  const meta: EntryMeta =
    queue === 'in'
      ? { ...EMPTY_META, list: `${LIST}@${LIST_DOMAIN}`, role: 'posting', sender: dice.pick(MEMBERS) }
      : EMPTY_META;
  const bytes = message(token, dice.percent(5) ? dice.between(20_000, 300_000) : dice.between(0, 2_000));
  say(`try ${token} ${queue}`);
  // In pieces, so that a kill finds files that are half written.
  const half = Math.floor(bytes.length / 2);
  const { id } = await addEntry(spool, queue, meta, [bytes.subarray(0, half), bytes.subarray(half)]);
  say(`ok ${token} ${queue} ${id}`);
}

/** Entries that wait, above which nothing more is added. */
const BACKLOG = 120;
const backlog = () =>
  ['split', 'relay', 'in'].reduce(
    (sum, queue) => sum + readdirSync(spool.layout.directory(queue, 'new')).length,
    0,
  );

const end = new AbortController();
process.stdin.resume().on('end', () => end.abort());
for (let number = 0; !end.signal.aborted; ) {
  // A run that has very much before it holds its locks for so long that there is no storm.
  while (backlog() > BACKLOG && !end.signal.aborted) await sleep(100);
  const burst = dice.between(1, 12);
  for (let more = 0; more < burst; more++) await produce(`${name}.${number++}`);
  await sleep(dice.between(50, 400));
}

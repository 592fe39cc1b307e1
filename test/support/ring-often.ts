/**
 * A producer, as a program of its own: puts posts into the queue `in` of a spool, in bursts, with pauses in between.
 *
 *     node ring-often.js SPOOL LIST COUNT SEED LONGEST-PAUSE-MS [FIRST]
 *
 * Posts are called post-FIRST (1) and up. Prints a number each time one was accepted. The same seed gives the same pauses.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../lib/base/clock.ts';
import { QUEUES } from '../../lib/config/queue-names.ts';
import { addEntry } from '../../lib/spool/add.ts';
import { EMPTY_META } from '../../lib/spool/entry.ts';
import { openSpool } from '../../lib/spool/spool.ts';
import { seededRandom } from './seeded-random.ts';

const [root = '', list = '', count = '', seed = '', longest = '', first = '1'] = process.argv.slice(2);
const spool = openSpool(
  root,
  QUEUES.map(({ name }) => name),
  systemClock,
);
const random = seededRandom(Number(seed));
const sender = 'ada@members.example';
const last = Number(first) + Number(count) - 1;
for (let number = Number(first); number <= last; ) {
  for (let burst = 1 + Math.floor(random() * 6); burst > 0 && number <= last; burst--, number++) {
    const text = `From: ${sender}\nSubject: post-${number}\nMessage-ID: <${number}@members.example>\n\nbody\n`;
    await addEntry(spool, 'in', { ...EMPTY_META, list, role: 'posting', sender }, [Buffer.from(text)]);
    console.log(number);
  }
  await sleep(random() * Number(longest));
}

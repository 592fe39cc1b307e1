import t from 'tap';
import { openLanes } from '../../lib/deliver/lanes.ts';
import { connectionSlots } from '../../lib/deliver/slots.ts';
import type { Lane } from '../../lib/smtp/transport.ts';

/** A lane that only ends. */
function lane() {
  const made = { ended: false };
  const one: Lane = {
    alive: () => !made.ended,
    close: async () => {
      made.ended = true;
    },
    transact: async () => ({ outcomes: [], heard: true }),
  };
  return Object.assign(one, made, { isEnded: () => made.ended });
}

function rig(count: number, limit = count) {
  const slots = connectionSlots(limit);
  const lanes = openLanes(slots);
  const made = Array.from({ length: count }, () => {
    slots.take(() => {});
    const one = lane();
    lanes.add(one);
    return one;
  });
  return { slots, lanes, made };
}

await t.test('one without work first; a second behind a small message, and never a third', async (t) => {
  const { lanes } = rig(2);
  const [first, second] = [lanes.free(false), null];
  t.ok(first);
  if (!first) return;
  first.inFlight = 1;
  const other = lanes.free(true);
  t.ok(other && other !== first && second === null);
  if (!other) return;
  other.inFlight = 1;
  t.equal(lanes.free(false), null);
  first.lastSize = 10_000_000;
  t.equal(lanes.free(true), other, 'not behind a large message');
  other.inFlight = 2;
  t.equal(lanes.free(true), null);
});

await t.test('others want a place: who has several, or had his turn, makes room', async (t) => {
  const { slots, lanes, made } = rig(2);
  lanes.makeRoom(true);
  t.equal(lanes.count(), 2, 'nobody wants it');
  let called = 0;
  t.notOk(slots.take(() => called++));
  const busy = lanes.free(true);
  t.equal(busy, null, 'it takes nothing new');
  lanes.makeRoom(false);
  await lanes.close();
  t.equal(called, 1);
  t.ok(made.some(({ isEnded }) => isEnded()));
});

await t.test('a lane alone keeps its place for a while, unless it has no work', async (t) => {
  const { slots, lanes, made } = rig(1);
  slots.take(() => {});
  lanes.makeRoom(false);
  t.equal(lanes.count(), 1);
  lanes.makeRoom(true);
  t.equal(lanes.count(), 0);
  await lanes.close();
  t.ok(made[0]?.isEnded());
});

await t.test('one that has ended is forgotten, once', async (t) => {
  const { slots, lanes } = rig(1);
  const open = lanes.free(false);
  t.ok(open);
  if (!open) return;
  lanes.drop(open);
  lanes.drop(open);
  t.ok(slots.take(() => {}));
  t.notOk(
    slots.take(() => {}),
    'one place was given back',
  );
});

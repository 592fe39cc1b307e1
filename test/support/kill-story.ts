/** A scenario killed before each of its steps: what lay there, what the next run made of it, and what was wrong. */
import { canStrike, type Plan, type PlannedStep, record, runCalmly, strike } from './faults.ts';
import { callsPerEntry, type Ending, look, settle } from './kill-account.ts';
import type { Scenario } from './kill-scenarios.ts';
import type { Words } from './spool-words.ts';
import type { VerdictSite, VerdictSlot } from './verdict-site.ts';

/** One moment of a scenario. */
export type Moment = {
  /** The step it was killed before; `null`: it came to its end. */
  readonly before: string | null;
  /** What lay in the spool. */
  readonly there: readonly string[];
  /** What the next run did, by its log, and what it left that means nothing. */
  readonly next: readonly string[];
  readonly left: readonly string[];
};

/** All of it. */
export type Story = {
  readonly scenario: Scenario;
  readonly steps: readonly PlannedStep[];
  readonly moments: readonly Moment[];
  readonly wrong: readonly string[];
};

/** Whether two ends are the same. */
export const same = (one: Ending, other: Ending) => JSON.stringify(one.kept) === JSON.stringify(other.kept);

/** Makes the scenario ready in a slot and records it. */
export async function prepared(site: VerdictSite, slot: VerdictSlot, scenario: Scenario): Promise<Plan> {
  slot.restore(site.empty);
  await scenario.prepare(slot);
  const { input, trouble } = scenario;
  return record(slot, {
    from: slot.save(),
    args: scenario.args(slot),
    ...(input === undefined ? {} : { input }),
    ...(trouble === undefined ? {} : { trouble }),
  });
}

/** What the ends may be: with the command carried out, and as if it had never been given. */
export type Ends = {
  readonly carriedOut: Moment & Ending;
  readonly never: Ending;
  readonly calls: ReadonlyMap<string, number>;
};

/** Carries the plan's command out calmly, and settles; then the same without the command. */
export async function endsOf(slot: VerdictSlot, plan: Plan, words: Words): Promise<Ends> {
  slot.restore(plan.from);
  const never = await settle(slot, plan.words.copy());
  slot.restore(plan.from);
  await runCalmly(slot, plan);
  const there = look(slot, words);
  const settled = await settle(slot, words);
  const wrong = [...never.wrong, ...settled.wrong].map((what) => `calm: ${what}`);
  const carriedOut = { ...settled, before: null, there, next: settled.events, wrong };
  return { carriedOut, never, calls: callsPerEntry(slot) };
}

/** Kills the scenario before each step. */
export async function tell(site: VerdictSite, slot: VerdictSlot, scenario: Scenario): Promise<Story> {
  const plan = await prepared(site, slot, scenario);
  const { steps } = plan;
  const ends = await endsOf(slot, plan, plan.words.copy());
  const moments: Moment[] = [];
  const wrong = [...ends.carriedOut.wrong];
  let mayBeUndone = true;
  for (const [index, planned] of steps.entries()) {
    const { text, step } = planned;
    if (step.name === scenario.trouble?.name || !canStrike(plan, planned)) continue;
    const { ran, words } = await strike(slot, plan, index, 'signal=SIGKILL');
    const complain = (what: string) =>
      wrong.push(`${scenario.name}, killed before step ${index + 1}, ${text}: ${what}`);
    if (ran.signal !== 'SIGKILL') complain(`it ended with ${ran.status ?? ran.signal}`);
    const there = look(slot, words);
    const settled = await settle(slot, words);
    for (const what of settled.wrong) complain(what);
    const done = same(settled, ends.carriedOut);
    if (!done && !(mayBeUndone && same(settled, ends.never)))
      complain(`it came to ${settled.kept.join(', ')}, and not to ${ends.carriedOut.kept.join(', ')}`);
    if (!same(settled, ends.never)) mayBeUndone = false;
    for (const [id, count] of callsPerEntry(slot))
      if (count > (ends.calls.get(id) ?? count) + 1)
        complain(`the runner was called ${count} times for ${id}`);
    if (steps.slice(0, index).some(({ text }) => text.startsWith('sync journal/X')) && !knew(slot))
      complain('what was in the journal was not there again');
    moments.push({ before: text, there, next: settled.events, left: settled.left });
  }
  moments.push(ends.carriedOut);
  return { scenario, steps, moments, wrong };
}

/** Whether a repeat saw what the first try had noted. */
function knew(slot: VerdictSlot): boolean {
  const [, ...repeats] = slot.calls().filter((line) => line.includes(' noted '));
  return repeats.every((line) => line.endsWith(' 1'));
}

/** A scenario whose steps fail one after the other: how the command ends, and that nothing is lost by it. */
import { canStrike, type Plan, type PlannedStep, record, strike } from './faults.ts';
import { type Ending, look, settle } from './kill-account.ts';
import type { Scenario } from './kill-scenarios.ts';
import { type Ends, endsOf, same } from './kill-story.ts';
import type { VerdictSite, VerdictSlot } from './verdict-site.ts';

/** What the system answers, by the kind of step; each once. */
export type Errors = Readonly<Record<string, readonly string[]>>;

/** A run over the queue that gives verdicts and then over its neighbour. */
const RUN_BOTH: readonly string[] = ['-r', 'work', '-r', 'beside', '--once', '-v'];
const OK = 0;
const TEMPFAIL = 75;

/** What was tried, and what was wrong. */
export type Errands = {
  readonly tried: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly wrong: readonly string[];
};

const isRun = (plan: Plan) => plan.args.includes('--once');

/** A run has an entry in another queue as well, which must get its turn. */
async function prepared(
  site: VerdictSite,
  slot: VerdictSlot,
  scenario: Scenario,
  reads: boolean,
): Promise<Plan> {
  slot.restore(site.empty);
  await scenario.prepare(slot);
  const args = scenario.args(slot);
  const runs = args.includes('--once');
  if (runs) await slot.put('done', 'beside');
  const { input = '' } = scenario;
  return record(slot, { from: slot.save(), args: runs ? RUN_BOTH : args, input, reads });
}

/** Lets each step fail in turn. `errors` names the answers for each kind of step. */
export async function fail(
  site: VerdictSite,
  slot: VerdictSlot,
  scenario: Scenario,
  errors: Errors,
): Promise<Errands> {
  const plan = await prepared(site, slot, scenario, 'open' in errors);
  const ends = await endsOf(slot, plan, plan.words.copy());
  const wrong = [...ends.carriedOut.wrong];
  slot.restore(plan.from);
  const before = look(slot, plan.words.copy());
  const statuses: Record<string, number> = {};
  let tried = 0;
  for (const [index, planned] of plan.steps.entries()) {
    for (const code of errors[planned.step.verb] ?? []) {
      if (!canStrike(plan, planned) || !isInteresting(planned)) continue;
      tried++;
      const { ran, words } = await strike(slot, plan, index, `error=${code}`);
      const status = String(ran.status ?? ran.signal);
      statuses[status] = (statuses[status] ?? 0) + 1;
      const found = [
        ...answerFaults(plan, ran, code),
        ...stateFaults(plan, slot, planned, before, look(slot, words)),
      ];
      const settled = await settle(slot, words);
      found.push(...settled.wrong, ...endFaults(plan, planned, ran.status, ends, settled));
      wrong.push(
        ...found.map((what) => `${scenario.name}, ${code} at step ${index + 1}, ${planned.text}: ${what}`),
      );
    }
  }
  return { tried, statuses, wrong };
}

/** Of what is only read, the queue's own directories and files, and the bells. */
function isInteresting({ step, text }: PlannedStep): boolean {
  return (
    step.verb !== 'open' || /^open (tmp|new|active|done|deferred|held|shunt|bad|bell|journal)\//.test(text)
  );
}

/** What it says. */
function answerFaults(
  plan: Plan,
  { status, signal, stderr }: { status: number | null; signal: string | null; stderr: string },
  code: string,
): string[] {
  if (status === OK) return [];
  if (status !== TEMPFAIL) return [`it ended with ${status ?? signal}: ${stderr}`];
  const told = stderr.split('\n').filter((line) => line.includes(code));
  if (told.length === 0) return [`it does not say ${code}: ${stderr}`];
  if (!isRun(plan) && stderr.trimEnd().includes('\n')) return [`it says more than one line: ${stderr}`];
  return [];
}

/** What it left behind at once, and was not there before: half a file, or an entry that it had claimed. */
function stateFaults(
  plan: Plan,
  slot: VerdictSlot,
  { text }: PlannedStep,
  before: readonly string[],
  there: readonly string[],
): string[] {
  const wrong = there
    .filter((file) => /^(tmp|active)\/|\.PID\.tmp$/.test(file) && !before.includes(file))
    .filter((file) => text !== `unlink ${file}`)
    .map((file) => `it left ${file}`);
  const common = / (bell|beside)\//.test(text);
  if (isRun(plan) && !common && !slot.calls().some((line) => line.startsWith('beside ')))
    wrong.push('the other queue did not get its turn');
  return wrong;
}

/** What the next run made of it. */
function endFaults(
  plan: Plan,
  { text }: PlannedStep,
  status: number | null,
  ends: Ends,
  settled: Ending,
): string[] {
  // Recovery's note of a crash is left out when it cannot be made; what a runner cannot note is its failure.
  if (/^(create|write|sync) journal\//.test(text) && !isCrashNote(plan)) return sawTrouble(settled.kept);
  // An entry that could not be removed has been worked on, and is again.
  const found = /^unlink .*active/.test(text) ? { ...settled, kept: [...new Set(settled.kept)] } : settled;
  const wanted = [];
  if (isRun(plan) || status === OK) wanted.push(ends.carriedOut);
  else if (plan.args[0] === 'inject') wanted.push(ends.never);
  else wanted.push(ends.never, ends.carriedOut);
  if (wanted.some((end) => same(found, end))) return [];
  const ways = wanted.map(({ kept }) => kept.join(', ')).join(' nor to ');
  return [`after ${status} it came to ${settled.kept.join(', ')}, and not to ${ways}`];
}

/** True when the first thing the run does is to note that one before it died. */
function isCrashNote(plan: Plan): boolean {
  return plan.steps[0]?.text.startsWith('create journal/') === true;
}

/** A runner that could not note what it did has failed, which the site has it shunted for. */
function sawTrouble(kept: readonly string[]): string[] {
  return kept.includes('shunt/X') && kept.includes('shunt/X.reason') ? [] : [`it came to ${kept.join(', ')}`];
}

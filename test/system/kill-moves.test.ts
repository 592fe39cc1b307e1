/** Every move of the spool, killed before each of its steps; INTERNALS tells what is left each time. */
import { join } from 'node:path';
import t from 'tap';
import { MOVES } from '../../lib/spool/state.ts';
import { root } from '../docs/source.ts';
import { compareTable, UPDATE } from '../support/doc-table.ts';
import { SCENARIOS } from '../support/kill-scenarios.ts';
import { type Story, tell } from '../support/kill-story.ts';
import { killTable } from '../support/kill-table.ts';
import { skipReason } from '../support/lab-needs.ts';
import { makeVerdictSite } from '../support/verdict-site.ts';

const skip = skipReason({ programs: ['strace'] });
t.setTimeout(900_000);

const stateOf = (path = '') => /\/(tmp|new|active|done|deferred|held|shunt|bad)\//.exec(path)?.[1];

/** From state to state, as MOVES tells it. */
function movesIn({ steps }: Story): string[] {
  return steps.flatMap(({ step: { verb, paths } }) => {
    const [from, to] = paths;
    if (/\.reason|\/journal\/|\/bell\//.test(paths.join())) return [];
    if (verb === 'create') return [`outside ${stateOf(from)}`];
    if (verb === 'unlink') return [`${stateOf(from)} outside`];
    return verb === 'rename' ? [`${stateOf(from)} ${stateOf(to)}`] : [];
  });
}

await t.test('nothing is lost, and nothing is there twice', { skip }, async (t) => {
  using site = await makeVerdictSite(2);
  const waiting = [...SCENARIOS];
  const stories = new Map<string, Story>();
  await Promise.all(
    site.slots.map(async (slot) => {
      for (let scenario = waiting.shift(); scenario; scenario = waiting.shift()) {
        const story = await tell(site, slot, scenario);
        stories.set(scenario.name, story);
        t.strictSame(story.wrong, [], scenario.name);
        t.ok(story.moments.length > 1, `${story.moments.length - 1} kills`);
      }
    }),
  );
  const all = SCENARIOS.flatMap(({ name }) => stories.get(name) ?? []);

  await t.test('each move of the spool was among it', async (t) => {
    const seen = new Set(all.flatMap(movesIn));
    const wanted = MOVES.map(({ from, to }) => `${from ?? 'outside'} ${to ?? 'outside'}`);
    const missing = wanted.filter((move) => !seen.has(move));
    t.strictSame(missing, [], 'a move that no scenario makes: add one to test/support/kill-scenarios.ts');
  });

  await t.test('INTERNALS tells what was seen', async (t) => {
    const table = killTable(all.filter(({ scenario }) => scenario.told));
    const update = process.env[UPDATE] === '1';
    t.equal(compareTable(join(root, 'docs/INTERNALS.md'), 'kill table', table, update), null);
  });
});

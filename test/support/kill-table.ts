/** The table of INTERNALS that tells what a kill leaves: made from what was seen, compared with what stands there. */
import type { Moment, Story } from './kill-story.ts';

/** Moments in a row after which the next run finds and does the same. */
type Row = { readonly steps: string[]; readonly there: string; readonly next: string };

const listed = (words: readonly string[]) => words.map((word) => `\`${word}\``).join(', ');

/** `entry-done X`, `entry-done Y` as one. */
function eventsOf(events: readonly string[]): string {
  let last = '';
  let text = '';
  for (const told of events) {
    const [event = '', who = ''] = told.split(' ');
    if (event === last) text += ` ${who}`;
    else text += `${text === '' ? '' : ', '}\`${event}\` ${who}`;
    last = event;
  }
  return text === '' ? 'nothing' : text;
}

function nextOf({ next, left }: Moment): string {
  return left.length === 0 ? eventsOf(next) : `${eventsOf(next)}; ${listed(left)} stays`;
}

/** Bells come and go beside it and change nothing. */
function thereOf({ there }: Moment): string {
  const files = there.filter((file) => !file.startsWith('bell/')).sort();
  return files.length === 0 ? 'nothing' : listed(files);
}

/** The moments that are told, and whether there are more. */
function toldOf({ scenario: { told }, moments }: Story): { moments: readonly Moment[]; more: boolean } {
  const last = moments.findIndex(({ before }) => told instanceof RegExp && told.test(before ?? ''));
  return last < 0 ? { moments, more: false } : { moments: moments.slice(0, last + 1), more: true };
}

function rowsOf(story: Story): Row[] {
  const { moments, more } = toldOf(story);
  const rows: Row[] = [];
  for (const moment of moments) {
    const there = thereOf(moment);
    const next = nextOf(moment);
    const last = rows.at(-1);
    const row = last?.there === there && last.next === next ? last : { steps: [], there, next };
    if (row !== last) rows.push(row);
    row.steps.push(moment.before ?? 'the end');
  }
  if (more) rows.at(-1)?.steps.push('and so on');
  return rows;
}

/** No path. */
const PLAIN = /^(end|so on)$/;

/** `create A`, `write A`, `write A`, `sync A` in a row: `create, write, sync A`. */
function shortened(steps: readonly string[]): string {
  const groups: { verbs: string[]; on: string }[] = [];
  for (const step of steps) {
    const [verb = '', ...rest] = step.split(' ');
    const on = rest.join(' ');
    const last = groups.at(-1);
    if (last?.on !== on || on === '') groups.push({ verbs: [verb], on });
    else if (last.verbs.at(-1) !== verb) last.verbs.push(verb);
  }
  return groups.map(({ verbs, on }) => `${verbs.join(', ')} ${PLAIN.test(on) ? on : `\`${on}\``}`).join('; ');
}

/** The table, a line for each row. */
export function killTable(stories: readonly Story[]): string {
  const lines = ['| what | killed before | what is there | the next run |', '|---|---|---|---|'];
  for (const story of stories) {
    for (const [index, { steps, there, next }] of rowsOf(story).entries()) {
      const what = index === 0 ? story.scenario.name : '';
      lines.push(`| ${what} | ${shortened(steps)} | ${there} | ${next} |`);
    }
  }
  return lines.join('\n');
}

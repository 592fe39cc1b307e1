/** The difference of two texts as diff -u writes it. For files of some hundred lines: memory grows with their product. */

/** Unchanged lines around a change. */
const CONTEXT = 3;

/** A line that stays (` `), goes (`-`) or comes (`+`). */
type Step = { readonly sign: ' ' | '-' | '+'; readonly line: string };

/** Lines without their ends; a text without a last newline gets one. */
function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** A shortest way from one text to the other, by their longest common subsequence. */
function stepsBetween(before: readonly string[], after: readonly string[]): Step[] {
  const width = after.length + 1;
  const common = new Uint32Array((before.length + 1) * width);
  const at = (i: number, j: number) => common[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      common[i * width + j] =
        before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const steps: Step[] = [];
  for (let i = 0, j = 0; i < before.length || j < after.length; ) {
    const old = before[i];
    const next = after[j];
    if (old !== undefined && old === next) {
      steps.push({ sign: ' ', line: old });
      i++;
      j++;
    } else if (old !== undefined && (next === undefined || at(i + 1, j) >= at(i, j + 1))) {
      steps.push({ sign: '-', line: old });
      i++;
    } else {
      steps.push({ sign: '+', line: next ?? '' });
      j++;
    }
  }
  return steps;
}

/** Pieces of the steps that hold a change and its surroundings, as pairs of indexes. */
function hunksOf(steps: readonly Step[]): [start: number, end: number][] {
  const hunks: [number, number][] = [];
  for (const [index, { sign }] of steps.entries()) {
    if (sign === ' ') continue;
    const start = Math.max(0, index - CONTEXT);
    const end = Math.min(steps.length, index + 1 + CONTEXT);
    const last = hunks.at(-1);
    if (last && start <= last[1]) last[1] = end;
    else hunks.push([start, end]);
  }
  return hunks;
}

/** `start,count` of one side. */
function side(start: number, count: number): string {
  const first = count === 0 ? start : start + 1;
  return count === 1 ? String(first) : `${first},${count}`;
}

/**
 * The difference, without a newline at the end; `''` when there is none. `null` stands for a file that is not there.
 */
export function unifiedDiff(path: string, before: string | null, after: string | null): string {
  if (before === after) return '';
  const steps = stepsBetween(linesOf(before ?? ''), linesOf(after ?? ''));
  const lines = [
    before === null ? '--- /dev/null' : `--- ${path}`,
    after === null ? '+++ /dev/null' : `+++ ${path}`,
  ];
  for (const [start, end] of hunksOf(steps)) {
    const count = (list: readonly Step[], sign: '-' | '+') =>
      list.filter((step) => step.sign === ' ' || step.sign === sign).length;
    const ahead = steps.slice(0, start);
    const piece = steps.slice(start, end);
    const old = side(count(ahead, '-'), count(piece, '-'));
    lines.push(`@@ -${old} +${side(count(ahead, '+'), count(piece, '+'))} @@`);
    lines.push(...piece.map(({ sign, line }) => `${sign}${line}`));
  }
  return lines.join('\n');
}

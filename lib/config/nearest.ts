/** Did you mean: the known word that a mistyped one was most likely meant to be. Pure. */

/** Edits (insert, remove, replace, swap of neighbours) between two words: optimal string alignment. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min((last[j - 1] ?? 0) + (same ? 0 : 1), (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** Case and the choice between `_`, `-` and nothing are no difference. */
function plain(word: string): string {
  return word.toLowerCase().replace(/[-_]/g, '');
}

/** Letters that two words have in common at their beginning. */
function sharedStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

/**
 * The word of `known` nearest to `word`: at most a third of its letters wrong, or one begins with the other
 * (`password`, `password_file`; three letters at least). `null` when none is near.
 */
export function nearest(word: string, known: readonly string[]): string | null {
  if (word.length > 64) return null;
  const meant = plain(word);
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const other = plain(candidate);
    const begins =
      meant.length >= 3 && other.length >= 3 && (other.startsWith(meant) || meant.startsWith(other));
    const edits = distance(meant, other);
    if (edits > Math.max(1, Math.floor(Math.max(meant.length, other.length) / 3)) && !begins) continue;
    // Of two that are as near, people get the beginning right: `limts` is `limits`, not `lists`.
    const begun = best === null ? 0 : sharedStart(meant, plain(best));
    if (edits < bestDistance || (edits === bestDistance && sharedStart(meant, other) > begun)) {
      best = candidate;
      bestDistance = edits;
    }
  }
  return best;
}

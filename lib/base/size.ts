/** Sizes in bytes: the only place where the unit words of the configuration (`40KB`, `25MB`) exist. */

const UNITS: Readonly<Record<string, number>> = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };

/** Bytes of `512B`, `40KB`, `25MB`, `1GB` (powers of 1024); `null` when the text is no size. */
export function parseSize(text: string): number | null {
  const match = /^(\d+)(B|KB|MB|GB)$/.exec(text);
  if (!match) return null;
  const bytes = Number(match[1]) * (UNITS[match[2] ?? ''] ?? 0);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** A size for people: `812B`, `4.2KB`, `30MB`. */
export function formatSize(bytes: number): string {
  let unit = 'B';
  let value = bytes;
  for (const next of ['KB', 'MB', 'GB']) {
    if (value < 1024) break;
    value /= 1024;
    unit = next;
  }
  return `${value < 10 && unit !== 'B' ? value.toFixed(1) : Math.round(value)}${unit}`;
}

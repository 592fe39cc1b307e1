/** `--runner` and `--all` to the parts of queues that a run works on. Mailman's spellings are understood. */
import { ExpectedError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import type { Part } from '../drain/plan.ts';
import { sliceRange, WHOLE } from '../spool/range.ts';

/** Mailman's names for queues of ours. */
const SYNONYMS: Readonly<Record<string, string>> = {
  arch: 'archive',
  bounce: 'bounces',
  command: 'commands',
  incoming: 'in',
  nntp: 'news',
  outgoing: 'out',
};

/** `IncomingRunner`, `incoming`, `in` → `in`. */
function queueOf(name: string): string {
  const plain = name.toLowerCase().replace(/runner$/, '');
  return SYNONYMS[plain] ?? plain;
}

/**
 * The parts of a run, in the order of the mail's way.
 * @throws ExpectedError (EX_USAGE) for an unknown runner or slice, slices that overlap, and when nothing is named
 */
export function parseParts(specs: readonly string[], all: boolean, queues: readonly string[]): Part[] {
  const parts: Part[] = [];
  if (all || specs.some((spec) => spec.toLowerCase() === 'all')) {
    return queues.map((queue) => ({ queue, range: WHOLE }));
  }
  for (const spec of specs) {
    const [name = '', slice, range, ...rest] = spec.split(':');
    const queue = queueOf(name);
    if (!queues.includes(queue)) {
      throw new ExpectedError(EX.USAGE, `no runner "${name}": there are ${queues.join(', ')}, and All`);
    }
    parts.push({ queue, range: parseRange(spec, slice, range, rest.length) });
  }
  if (parts.length === 0)
    throw new ExpectedError(EX.USAGE, 'say which: --all, or --runner NAME (--list names them)');
  return withoutOverlap(
    parts.sort(
      (a, b) =>
        queues.indexOf(a.queue) - queues.indexOf(b.queue) ||
        a.range.start - b.range.start ||
        b.range.length - a.range.length,
    ),
  );
}

/** What is named twice counts once; two parts of one run must not lock each other out. */
function withoutOverlap(sorted: readonly Part[]): Part[] {
  const kept: Part[] = [];
  for (const part of sorted) {
    const before = kept.at(-1);
    const end = before?.queue === part.queue ? before.range.start + before.range.length : 0;
    if (part.range.start + part.range.length <= end) continue;
    if (part.range.start < end) {
      throw new ExpectedError(EX.USAGE, `the slices of ${part.queue} overlap: take them of one RANGE`);
    }
    kept.push(part);
  }
  return kept;
}

function parseRange(
  spec: string,
  slice: string | undefined,
  range: string | undefined,
  rest: number,
): Part['range'] {
  if (slice === undefined && range === undefined) return WHOLE;
  const numbers = /^\d+$/.test(slice ?? '') && /^\d+$/.test(range ?? '') && rest === 0;
  try {
    if (numbers) return sliceRange(Number(slice), Number(range));
  } catch {
    // Said below, in the words of the command line.
  }
  throw new ExpectedError(
    EX.USAGE,
    `cannot read "${spec}": wanted NAME or NAME:SLICE:RANGE with SLICE from 0 to RANGE - 1`,
  );
}

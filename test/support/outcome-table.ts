/** The table of DELIVERY that tells what becomes of recipients: made from what was seen. */

/** What was seen of one thing a server can do. */
export type Seen = {
  /** The place of the conversation, for people. */
  readonly at: string;
  /** What the server did: a reply code, or one with something behind it (`550 x.7.1`), or words. */
  readonly did: string;
  /** What became of the two recipients and of the connection. */
  readonly result: string;
};

/** `500`, `501`, `502`, `504` as `500–502, 504`; only codes that were tried, `tried`, count as neighbours. */
function ranges(codes: readonly string[], tried: readonly string[]): string {
  const runs: string[][] = [];
  for (const code of codes) {
    const last = runs.at(-1);
    const before = tried[tried.indexOf(code) - 1];
    if (last !== undefined && last.at(-1) === before && before?.[0] === code[0]) last.push(code);
    else runs.push([code]);
  }
  return runs.flatMap((run) => (run.length > 2 ? [`${run[0]}–${run.at(-1)}`] : run)).join(', ');
}

const isCode = (did: string): boolean => /^\d{3}$/.test(did);
const isCoded = (did: string): boolean => /^\d{3}\b/.test(did);

/** Leaves out what comes behind a code and leads to the same as the code alone. */
function withoutRepeats(seen: readonly Seen[]): Seen[] {
  const plain = new Map(
    seen.filter(({ did }) => isCode(did)).map(({ at, did, result }) => [`${at} ${did}`, result]),
  );
  return seen.filter(
    ({ at, did, result }) => isCode(did) || !isCoded(did) || plain.get(`${at} ${did.slice(0, 3)}`) !== result,
  );
}

/** `450`, `451 x.7.1`, `452 x.7.1`, `hangs` as a list. */
function listed(all: readonly string[], tried: readonly string[]): string {
  const behind = new Map<string, string[]>();
  for (const did of all.filter(isCoded)) {
    const words = did.slice(4);
    behind.set(words, [...(behind.get(words) ?? []), did.slice(0, 3)]);
  }
  const coded = [...behind].map(
    ([words, codes]) => ranges(codes, tried) + (words === '' ? '' : ` with ${words}`),
  );
  return [...coded, ...all.filter((did) => !isCoded(did))].join(', ');
}

/** The table, a line for each place and result. */
export function outcomeTable(seen: readonly Seen[], tried: readonly string[]): string {
  const lines = ['| at | the server | what becomes of it |', '|---|---|---|'];
  const rows = new Map<string, Map<string, string[]>>();
  for (const { at, did, result } of withoutRepeats(seen)) {
    const ofPlace = rows.get(at) ?? new Map<string, string[]>();
    rows.set(at, ofPlace);
    ofPlace.set(result, [...(ofPlace.get(result) ?? []), did]);
  }
  for (const [at, results] of rows) {
    for (const [index, [result, all]] of [...results].entries()) {
      lines.push(`| ${index === 0 ? at : ''} | ${listed(all, tried)} | ${result} |`);
    }
  }
  return lines.join('\n');
}

/**
 * System calls as strace tells them, and those among them that change files: the steps of a program.
 *
 * A call is known by its name and by its number among its thread's calls of that name, which is also how strace is told
 * to meddle with it.
 */

/** One system call. */
export type Call = {
  /** 0 is the first thread, 1 the one that was heard of next. */
  readonly thread: number;
  /** As strace names it: `rename`. */
  readonly name: string;
  /** Which of its thread's calls of this name it is, from 1. */
  readonly ordinal: number;
  /** The files it is about: paths as given, and of descriptors. */
  readonly paths: readonly string[];
  /** What stood between the brackets. */
  readonly words: string;
  /** `entered`: the process was killed in it. */
  readonly end: 'done' | 'failed' | 'entered';
  /** strace answered in the place of the system. */
  readonly injected: boolean;
};

/** A call that changes a file or makes a change last. */
export type Step = Call & { readonly verb: string };

/** Calls that change files, each with a plain word for it. */
const VERBS: Readonly<Record<string, string>> = {
  open: 'create',
  creat: 'create',
  openat: 'create',
  write: 'write',
  writev: 'write',
  pwrite64: 'write',
  pwritev: 'write',
  fallocate: 'write',
  ftruncate: 'truncate',
  truncate: 'truncate',
  fsync: 'sync',
  fdatasync: 'sync',
  rename: 'rename',
  renameat: 'rename',
  renameat2: 'rename',
  link: 'link',
  linkat: 'link',
  symlink: 'link',
  symlinkat: 'link',
  unlink: 'unlink',
  unlinkat: 'unlink',
  rmdir: 'rmdir',
  mkdir: 'mkdir',
  mkdirat: 'mkdir',
  chmod: 'chmod',
  fchmod: 'chmod',
  fchmodat: 'chmod',
};

/** What must be traced, as strace wants it. `?`: a processor may not have the call. */
export const CHANGING_CALLS = Object.keys(VERBS)
  .map((name) => `?${name}`)
  .join(',');

const LINE = /^(\d+) +(.*)$/;
const WHOLE = /^(\w+)\((.*)\) += +(-?\w+|\?)(.*)$/;
const UNFINISHED = /^(\w+)\((.*) <unfinished \.\.\.>$/;
const RESUMED = /^<\.\.\. (\w+) resumed>(.*)\) += +(-?\w+|\?)(.*)$/;

/** The paths in a call's words: given ones, else that of its descriptor. */
function pathsIn(words: string): string[] {
  const given = [...words.matchAll(/"(\/[^"]*)"/g)].map(([, path = '']) => path);
  if (given.length > 0) return given;
  const [, path] = /^\d+<(\/[^>]*)>/.exec(words) ?? [];
  return path === undefined ? [] : [path];
}

/** Reads what `strace -f -y -o FILE` wrote. */
export function parseTrace(text: string): Call[] {
  const calls: Call[] = [];
  const threads = new Map<string, number>();
  const counts = new Map<string, number>();
  const pending = new Map<string, number>();
  const begin = (pid: string, name: string, words: string): number => {
    const thread = threads.get(pid) ?? threads.size;
    threads.set(pid, thread);
    const key = `${thread} ${name}`;
    const ordinal = (counts.get(key) ?? 0) + 1;
    counts.set(key, ordinal);
    const paths = pathsIn(words);
    return calls.push({ thread, name, ordinal, paths, words, end: 'entered', injected: false }) - 1;
  };
  const finish = (at: number, result: string, rest: string) => {
    const call = calls[at];
    if (call === undefined || result === '?') return;
    const end = result.startsWith('-') ? 'failed' : 'done';
    calls[at] = { ...call, end, injected: rest.endsWith('(INJECTED)') };
  };
  for (const line of text.split('\n')) {
    const [, pid = '', told = ''] = LINE.exec(line) ?? [];
    const whole = WHOLE.exec(told);
    if (whole) {
      const [, name = '', words = '', result = '', rest = ''] = whole;
      finish(begin(pid, name, words), result, rest);
      continue;
    }
    const unfinished = UNFINISHED.exec(told);
    if (unfinished) {
      const [, name = '', words = ''] = unfinished;
      pending.set(pid, begin(pid, name, words));
      continue;
    }
    const [, , , result = '?', rest = ''] = RESUMED.exec(told) ?? [];
    const at = pending.get(pid);
    if (at !== undefined && told.startsWith('<... ')) {
      finish(at, result, rest);
      pending.delete(pid);
    }
  }
  return calls;
}

/** Whether a call opens a file only to read it. */
function onlyReads({ verb, words }: { readonly verb: string; readonly words: string }): boolean {
  return verb === 'create' && !/O_CREAT|O_TRUNC/.test(words);
}

/** The calls that change files below the directories, failed ones among them; with `reads` also what opens them to read. */
export function stepsBelow(calls: readonly Call[], directories: readonly string[], reads = false): Step[] {
  return calls.flatMap((call) => {
    const changes = VERBS[call.name];
    if (changes === undefined) return [];
    const verb = onlyReads({ verb: changes, words: call.words }) ? 'open' : changes;
    if (verb === 'open' && !reads) return [];
    const ours = call.paths.some((path) =>
      directories.some((at) => path === at || path.startsWith(`${at}/`)),
    );
    return ours ? [{ ...call, verb }] : [];
  });
}

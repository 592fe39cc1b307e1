/**
 * What strace(1) wrote about a program, as the calls a model of a disk must know: how names and bytes below a directory
 * change, what is synced, and what is said to the world outside.
 *
 * Promises: a call that changes something below the directory and is not understood is an error, never passed over.
 */

/** Paths are absolute; `fd` is a descriptor of the one process that is traced. */
export type Call =
  | {
      readonly kind: 'open';
      readonly fd: number;
      readonly path: string;
      readonly create: boolean;
      readonly truncate: boolean;
    }
  | { readonly kind: 'close'; readonly fd: number }
  /** `at`: offset in bytes; `null` is where the descriptor stands. */
  | { readonly kind: 'write'; readonly fd: number; readonly at: number | null; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly fd: number; readonly length: number }
  | { readonly kind: 'mkdir' | 'remove'; readonly path: string }
  | { readonly kind: 'rename' | 'link'; readonly path: string; readonly to: string }
  /** A sync covers what was done before it began, and has its effect when it ends; `thread` joins the two. */
  | { readonly kind: 'sync-begins'; readonly fd: number; readonly thread: string }
  | { readonly kind: 'sync-ends'; readonly thread: string }
  /** Bytes that went out of the modelled directory, or came from a socket. */
  | { readonly kind: 'outside'; readonly text: string };

/** Calls that are traced; the last line of them has no business below the directory. */
export const TRACED = [
  'open,openat,creat,close,write,pwrite64,writev,read,recvfrom,ftruncate,rename,renameat,renameat2,link,linkat',
  'mkdir,mkdirat,unlink,unlinkat,rmdir,fsync,fdatasync',
  'symlink,symlinkat,truncate,fallocate,copy_file_range,sendfile,splice,pwritev,pwritev2,lseek,dup',
  'sync,syncfs,sync_file_range,io_uring_setup',
].join(',');

/** Changing, or a sync, but none of these is expected anywhere. */
const NEVER = new Set(['sync', 'syncfs', 'io_uring_setup']);

const unhex = (text: string): Buffer => Buffer.from(text.replaceAll('\\x', ''), 'hex');

/** A call with its arguments as strace printed them with -xx: every string in hexadecimal digits. */
type Line = {
  readonly thread: string;
  readonly name: string;
  readonly args: string;
  readonly result: number;
};

/** Where a descriptor leads, as -y tells it: a path, or `socket:[…]`. */
function descriptor(args: string): { fd: number; path: string } {
  const match = /^(\d+)(?:<([^>]*)>)?/.exec(args);
  if (!match) throw new Error(`strace: no descriptor in ${args.slice(0, 100)}`);
  return { fd: Number(match[1]), path: unhex(match[2] ?? '').toString() };
}

function strings(args: string): Buffer[] {
  if (/"\.\.\./.test(args)) throw new Error('strace: a string was cut off');
  return [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, text = '']) => unhex(text));
}

/** Absolute paths; the traced program has / as its working directory. */
function paths(args: string): string[] {
  return strings(args).map((bytes) => {
    const path = bytes.toString();
    return path.startsWith('/') ? path : `/${path}`;
  });
}

function toCall({ name, args, result }: Line, isInside: (path: string) => boolean): Call | null {
  const known = (call: Call, ...touched: string[]) => (touched.some(isInside) ? call : null);
  switch (name) {
    case 'open':
    case 'openat':
    case 'creat': {
      const [path = ''] = paths(args);
      const create = name === 'creat' || args.includes('O_CREAT');
      const truncate = name === 'creat' || args.includes('O_TRUNC');
      if (isInside(path) && args.includes('O_APPEND')) throw new Error(`O_APPEND is not modelled: ${path}`);
      return known({ kind: 'open', fd: result, path, create, truncate }, path);
    }
    case 'close':
      return { kind: 'close', fd: descriptor(args).fd };
    case 'write':
    case 'writev':
    case 'pwrite64': {
      const { fd, path } = descriptor(args);
      const bytes = Buffer.concat(strings(args)).subarray(0, result);
      if (!isInside(path)) return { kind: 'outside', text: bytes.toString('latin1') };
      const at = name === 'pwrite64' ? Number(/, (\d+)$/.exec(args)?.[1]) : null;
      return { kind: 'write', fd, at, bytes };
    }
    case 'read':
    case 'recvfrom': {
      if (!/^(socket|TCP|UNIX)/.test(descriptor(args).path)) return null;
      return { kind: 'outside', text: Buffer.concat(strings(args)).toString('latin1') };
    }
    case 'ftruncate': {
      const { fd, path } = descriptor(args);
      return known({ kind: 'truncate', fd, length: Number(/, (\d+)$/.exec(args)?.[1]) }, path);
    }
    case 'mkdir':
    case 'mkdirat': {
      const [path = ''] = paths(args);
      return known({ kind: 'mkdir', path }, path);
    }
    case 'unlink':
    case 'unlinkat':
    case 'rmdir': {
      const [path = ''] = paths(args);
      return known({ kind: 'remove', path }, path);
    }
    case 'rename':
    case 'renameat':
    case 'renameat2': {
      const [path = '', to = ''] = paths(args);
      if (isInside(path) !== isInside(to)) throw new Error(`out of the modelled directory: ${path} to ${to}`);
      return known({ kind: 'rename', path, to }, path);
    }
    case 'link':
    case 'linkat': {
      const [path = '', to = ''] = paths(args);
      return known({ kind: 'link', path, to }, to);
    }
    default: {
      const named = [
        ...paths(args),
        ...[...args.matchAll(/<([^>]*)>/g)].map(([, p = '']) => unhex(p).toString()),
      ];
      if (NEVER.has(name) || named.some(isInside)) {
        throw new Error(`the model of the disk does not know ${name}(2): ${named.join(' ')}`);
      }
      return null;
    }
  }
}

const isSync = (name: string) => name === 'fsync' || name === 'fdatasync';

/** Reads a trace made with `-f -qq -y -xx`. Calls that failed, or did not end, are left out. @throws for what is not understood */
export function parseTrace(trace: string, root: string): Call[] {
  const isInside = (path: string) => path === root || path.startsWith(`${root}/`);
  const calls: Call[] = [];
  const begun = new Map<string, string>();
  const begin = (thread: string, name: string, args: string): void => {
    if (!isSync(name)) return;
    const { fd, path } = descriptor(args);
    if (isInside(path)) calls.push({ kind: 'sync-begins', fd, thread });
  };
  const end = (line: Line): void => {
    if (line.result < 0) return;
    if (isSync(line.name)) {
      if (isInside(descriptor(line.args).path)) calls.push({ kind: 'sync-ends', thread: line.thread });
      return;
    }
    const call = toCall(line, isInside);
    if (call !== null) calls.push(call);
  };
  for (const text of trace.split('\n')) {
    const unfinished = /^(\d+) +(\w+)\((.*?),? *<unfinished \.\.\.>$/.exec(text);
    if (unfinished) {
      const [, thread = '', name = '', args = ''] = unfinished;
      begun.set(thread, args);
      begin(thread, name, args);
      continue;
    }
    const match = /^(\d+) +(?:<\.\.\. )?(\w+)(?: resumed>,? ?|\()(.*)\) += (-?\d+)/.exec(text);
    if (!match) continue;
    const [, thread = '', name = '', rest = '', result = ''] = match;
    const first = begun.get(thread);
    begun.delete(thread);
    if (first === undefined) begin(thread, name, rest);
    const args = first === undefined ? rest : [first, rest].filter((part) => part !== '').join(', ');
    end({ thread, name, args, result: Number(result) });
  }
  return calls;
}

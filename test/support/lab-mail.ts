/** Messages as tests look at them: what lies in a Maildir, a field of the header, the bytes of the body. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The files of a Maildir's new/ and cur/, read, oldest name first. */
export function readMaildir(directory: string): Buffer[] {
  return ['new', 'cur'].flatMap((folder) => {
    const path = join(directory, folder);
    const names = existsSync(path) ? readdirSync(path).sort() : [];
    return names.map((name) => readFileSync(join(path, name)));
  });
}

/** What follows the first empty line of a message. */
export function bodyOf(message: Buffer): Buffer {
  const ends = ['\n\n', '\r\n\r\n'].flatMap((end) => {
    const at = message.indexOf(end);
    return at < 0 ? [] : [at + end.length];
  });
  return ends.length === 0 ? Buffer.alloc(0) : message.subarray(Math.min(...ends));
}

/** The value of the first header field of this name, unfolded, or `null`. */
export function fieldOf(message: Buffer, name: string): string | null {
  const head = message.subarray(0, message.length - bodyOf(message).length).toString('latin1');
  const found = new RegExp(`^${name}:[ \\t]*(.*(?:\\r?\\n[ \\t].*)*)`, 'im').exec(head)?.[1];
  return found === undefined ? null : found.replace(/\r?\n(?=[ \t])/g, '').trim();
}

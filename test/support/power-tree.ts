/** A directory as a value: read from the disk, written to it, and told apart from another. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Paths below a directory, parents first; a file's bytes, `null` for a directory. */
export type Tree = ReadonlyMap<string, Buffer | null>;

/** Reads all that lies below a directory. */
export function readTree(root: string): Tree {
  const names = readdirSync(root, { recursive: true, withFileTypes: true });
  const entries = names.map((entry): [string, Buffer | null] => {
    const path = join(entry.parentPath, entry.name);
    return [path.slice(root.length + 1), entry.isDirectory() ? null : readFileSync(path)];
  });
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Makes a directory be that tree and nothing else; directories that stay are left in place, which is most of the work. */
export function writeTree(root: string, tree: Tree): void {
  mkdirSync(root, { recursive: true });
  const there = new Set<string>();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(root.length + 1);
    if (entry.isDirectory() && tree.get(path) === null) there.add(path);
    else rmSync(join(root, path), { recursive: true, force: true });
  }
  for (const [path, bytes] of tree) {
    if (bytes !== null) writeFileSync(join(root, path), bytes);
    else if (!there.has(path)) mkdirSync(join(root, path));
  }
}

/** A bell is a hint, which a run over all queues does not need; a lock file means nothing by being there. */
const MEANS_NOTHING = /^spool\/(bell\/.|[^/]+\/lock$)/;

/** The same words for trees from which a run goes on in the same way. */
export function fingerprint(tree: Tree): string {
  const hash = createHash('sha256');
  let names = '';
  for (const [path, bytes] of tree) {
    if (MEANS_NOTHING.test(path)) continue;
    names += `${path}\0${bytes === null ? 'directory' : bytes.length}\0`;
    if (bytes !== null) hash.update(bytes);
  }
  return hash.update(names).digest('base64');
}

/**
 * A disk that forgets what was not synced: fed with the calls of a program, it says what a power cut may leave.
 *
 *     const disk = new Disk(root, tree);
 *     disk.apply(call);
 *     disk.cut(survivor)      the tree after a cut now, when of the un-synced steps those survive that `survivor` names
 *
 * Its rules, which are those of POSIX where POSIX has any, and otherwise stricter than any file system we know:
 *
 * - A file's bytes are safe after a sync of the file; that says nothing of its name.
 * - A directory's names are safe after a sync of that directory; that says nothing of the directory's own name, so what
 *   lies in a directory whose name was lost is lost.
 * - A rename is one step, also between directories: a cut leaves the old name or the new one, never both or none. A sync
 *   of either directory makes the step safe.
 * - A directory's removal needs the steps that emptied it.
 * - A step on a name needs the steps before it on the same name: they are safe with it, and lost they take it along.
 *   Otherwise un-synced steps survive in any choice, whatever their order, in one directory or several.
 * - Un-synced writes survive in any choice, whole or up to some byte. Where one is lost before another there are zeros.
 * - A sync covers what was done before it began, and counts when it has ended.
 *
 * Modes, owners and times are not modelled: a step's mode is safe with its name.
 */
import { basename, dirname } from 'node:path';
import { written } from './power-bytes.ts';
import type { Call } from './power-trace.ts';
import type { Tree } from './power-tree.ts';

/** A change of names, or of one file's bytes; done, but perhaps not safe. */
export type Step = {
  readonly number: number;
  /** The paths it was about, `from` and `to` for a rename. */
  readonly paths: readonly string[];
  readonly names: readonly {
    readonly directory: number;
    readonly name: string;
    readonly node: number | null;
  }[];
  readonly data: { readonly node: number; readonly at: number; readonly bytes: Buffer | null } | null;
  readonly needs: readonly Step[];
};

/** Whether an un-synced step survives: 0 no, 1 yes, between them a share of a write's bytes. */
export type Survivor = (step: Step) => number;

type Directory = Map<string, number>;
type Sync = { readonly node: number; readonly before: number };

const ROOT = 0;

/** See above. The root itself is always there. */
export class Disk {
  readonly #root: string;
  readonly #baseNames = new Map<number, Directory>();
  readonly #baseBytes = new Map<number, Buffer>();
  /** As the program sees them. */
  readonly #names = new Map<number, Directory>();
  readonly #steps: Step[] = [];
  readonly #safe = new Set<Step>();
  readonly #last = new Map<string, Step>();
  readonly #open = new Map<number, { readonly node: number; readonly path: string; at: number }>();
  readonly #syncs = new Map<string, Sync>();
  #nodes = ROOT + 1;

  constructor(root: string, tree: Tree) {
    this.#root = root;
    this.#baseNames.set(ROOT, new Map());
    for (const [path, bytes] of tree) {
      const node = this.#nodes++;
      const parent = this.#walk(dirname(path), this.#baseNames);
      this.#baseNames.get(parent)?.set(basename(path), node);
      if (bytes === null) this.#baseNames.set(node, new Map());
      else this.#baseBytes.set(node, bytes);
    }
    for (const [node, names] of this.#baseNames) this.#names.set(node, new Map(names));
  }

  /** The node at a path below the root. @throws when there is none */
  #walk(path: string, names: ReadonlyMap<number, Directory>): number {
    let node = ROOT;
    for (const part of path.split('/')) {
      if (part === '' || part === '.') continue;
      const next = names.get(node)?.get(part);
      if (next === undefined) throw new Error(`the model has no ${path}`);
      node = next;
    }
    return node;
  }

  #inside(path: string): string {
    return path.slice(this.#root.length + 1);
  }

  #find(path: string): number | null {
    try {
      return this.#walk(this.#inside(path), this.#names);
    } catch {
      return null;
    }
  }

  /** Changes names: pairs of a path and the node that it is to have. */
  #rename(...changes: readonly (readonly [path: string, node: number | null])[]): void {
    const names = changes.map(([path, node]) => {
      const directory = this.#walk(dirname(this.#inside(path)), this.#names);
      return { directory, name: basename(path), node };
    });
    const keys = names.map(({ directory, name }) => `${directory}/${name}`);
    const needs = new Set(keys.flatMap((key) => this.#last.get(key) ?? []));
    for (const { directory, name, node } of names) {
      const gone = this.#names.get(directory)?.get(name);
      if (node !== null || changes.length > 1 || gone === undefined || !this.#names.has(gone)) continue;
      for (const step of this.#steps)
        if (step.names.some((change) => change.directory === gone)) needs.add(step);
    }
    const paths = changes.map(([path]) => this.#inside(path));
    const step: Step = { number: this.#steps.length, paths, names, data: null, needs: [...needs] };
    this.#steps.push(step);
    for (const key of keys) this.#last.set(key, step);
    for (const { directory, name, node } of names) setName(this.#names, directory, name, node);
  }

  #write(path: string, node: number, at: number, bytes: Buffer | null): void {
    const data = { node, at, bytes };
    this.#steps.push({ number: this.#steps.length, paths: [path], names: [], data, needs: [] });
  }

  #make(path: string): number {
    const node = this.#nodes++;
    this.#rename([path, node]);
    return node;
  }

  /** Does what the program did. @throws for a call that cannot have been, which is a fault of the model */
  apply(call: Call): void {
    switch (call.kind) {
      case 'open': {
        let node = this.#find(call.path);
        if (node === null && !call.create) throw new Error(`the model has no ${call.path}`);
        node ??= this.#make(call.path);
        const path = this.#inside(call.path);
        this.#open.set(call.fd, { node, path, at: 0 });
        if (call.truncate) this.#write(path, node, 0, null);
        return;
      }
      case 'close':
        this.#open.delete(call.fd);
        return;
      case 'write': {
        const file = this.#file(call.fd);
        this.#write(file.path, file.node, call.at ?? file.at, call.bytes);
        if (call.at === null) file.at += call.bytes.length;
        return;
      }
      case 'truncate': {
        const file = this.#file(call.fd);
        this.#write(file.path, file.node, call.length, null);
        return;
      }
      case 'mkdir':
        this.#names.set(this.#make(call.path), new Map());
        return;
      case 'remove':
        this.#rename([call.path, null]);
        return;
      case 'rename':
        this.#rename([call.path, null], [call.to, this.#find(call.path)]);
        return;
      case 'link':
        this.#rename([call.to, this.#find(call.path)]);
        return;
      case 'sync-begins':
        this.#syncs.set(call.thread, { node: this.#file(call.fd).node, before: this.#steps.length });
        return;
      case 'sync-ends':
        for (const step of this.covered(call.thread)) this.#safe.add(step);
        return;
      case 'outside':
      // The disk stays as it is.
    }
  }

  #file(fd: number) {
    const file = this.#open.get(fd);
    if (file === undefined) throw new Error(`the model has no descriptor ${fd}`);
    return file;
  }

  /** The steps that the sync of a thread makes safe. */
  covered(thread: string): Step[] {
    const sync = this.#syncs.get(thread);
    if (sync === undefined) throw new Error('a sync ended that never began');
    const covered = new Set<Step>();
    const add = (step: Step): void => {
      if (this.#safe.has(step) || covered.has(step)) return;
      covered.add(step);
      step.needs.forEach(add);
    };
    for (const step of this.#steps.slice(0, sync.before)) {
      if (step.data?.node === sync.node || step.names.some(({ directory }) => directory === sync.node))
        add(step);
    }
    return [...covered];
  }

  /** A new process: no descriptor is open. */
  closeAll(): void {
    this.#open.clear();
    this.#syncs.clear();
  }

  /** The steps that a cut may take back. */
  unsafe(): Step[] {
    return this.#steps.filter((step) => !this.#safe.has(step));
  }

  /** What a power cut leaves. */
  cut(survivor: Survivor): Tree {
    const names = new Map(this.#baseNames);
    const own = new Set<number>();
    const bytes = new Map(this.#baseBytes);
    const lost = new Set<Step>();
    for (const step of this.#steps) {
      const share = this.#safe.has(step) ? 1 : survivor(step);
      if (share === 0 || step.needs.some((need) => lost.has(need))) {
        lost.add(step);
        continue;
      }
      for (const { directory, name, node } of step.names) {
        if (!own.has(directory)) names.set(directory, new Map(names.get(directory)));
        own.add(directory);
        setName(names, directory, name, node);
      }
      if (step.data) bytes.set(step.data.node, written(bytes.get(step.data.node), step.data, share));
    }
    const tree: [string, Buffer | null][] = [];
    const visit = (node: number, prefix: string): void => {
      for (const [name, child] of names.get(node) ?? []) {
        const isDirectory = this.#names.has(child);
        tree.push([prefix + name, isDirectory ? null : (bytes.get(child) ?? Buffer.alloc(0))]);
        if (isDirectory) visit(child, `${prefix}${name}/`);
      }
    };
    visit(ROOT, '');
    return new Map(tree.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

function setName(all: Map<number, Directory>, directory: number, name: string, node: number | null): void {
  const names = all.get(directory) ?? new Map<string, number>();
  all.set(directory, names);
  if (node === null) names.delete(name);
  else names.set(name, node);
}

/**
 * A producer of the bench add, as a process of its own: adds messages or writes raw durable files, when it is told to.
 *
 *     node producer.js raw|add DIRECTORY COUNT     says "ready", begins at a byte on standard input, exits when it is done
 */
import { closeSync, fsyncSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../lib/base/clock.ts';
import { addEntry } from '../lib/spool/add.ts';
import { EMPTY_META } from '../lib/spool/entry.ts';
import { openSpool } from '../lib/spool/spool.ts';

/** The bytes of each message. */
export const BODY = Buffer.from(
  `Subject: bench\n\n${'All work and no play makes a dull list. '.repeat(2)}\n`.repeat(42),
);

let number = 0;

/** What a durable file costs at the least: write, fsync, rename, fsync of the directory. */
export function rawFile(directory: string): void {
  const name = `${process.pid}-${number++}`;
  const temporary = join(directory, 'tmp', name);
  const fd = openSync(temporary, 'wx');
  writeSync(fd, BODY);
  fsyncSync(fd);
  closeSync(fd);
  renameSync(temporary, join(directory, 'new', name));
  const names = openSync(join(directory, 'new'), 'r');
  fsyncSync(names);
  closeSync(names);
}

/** An adder to a spool of the directory. */
export function adder(directory: string): () => Promise<unknown> {
  const spool = openSpool(join(directory, 'spool'), ['in'], systemClock);
  return () => addEntry(spool, 'in', EMPTY_META, [BODY]);
}

const [kind, directory, count] = process.argv.slice(2);
if (import.meta.filename === process.argv[1] && directory !== undefined) {
  const add = adder(directory);
  const work = kind === 'add' ? add : async () => rawFile(directory);
  process.stdout.write('ready\n');
  readSync(0, Buffer.alloc(1));
  for (let done = 0; done < Number(count); done++) await work();
}

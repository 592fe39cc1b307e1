/** The built program, dist/qrunner.cjs, as processes of its own. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Called } from './site-rig.ts';
import { privateEnv } from './site-rig.ts';

const PROGRAM = fileURLToPath(new URL('../../../dist/qrunner.cjs', import.meta.url));

/** How a process ended. */
export type Ended = Omit<Called, 'status'> & {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
};

/** A running process; `ended` resolves when it is gone and its streams are closed. */
export type Running = {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly ended: Promise<Ended>;
};

/** Starts the program on the site in `dir`; standard input is left open. */
export function start(dir: string, args: readonly string[]): Running {
  const child = spawn(process.execPath, [PROGRAM, '--config', dir, ...args], {
    env: privateEnv(dir),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString('utf8')));
  // It may end without reading all.
  child.stdin.on('error', () => {});
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ ...said, status, signal }));
  });
  return { child, ended };
}

/** Runs the program to its end. */
export function call(dir: string, args: readonly string[], input = ''): Promise<Ended> {
  const { child, ended } = start(dir, args);
  child.stdin.end(input);
  return ended;
}

/** Resolves when something is true. @throws when it has not become true within 20 seconds */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !isSo(); ) {
    if (Date.now() > end) throw new Error(`still not so: ${what}`);
    await sleep(10);
  }
}

/** Resolves when the file is there. */
export function untilFile(...path: string[]): Promise<void> {
  return until(path.join('/'), () => existsSync(join(...path)));
}

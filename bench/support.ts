/** What the benches share: whole processes timed in turn, medians, a throw-away site. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's directory. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The built program. */
export const PROGRAM = join(ROOT, 'dist/qrunner.cjs');

/** The environment of a unit: nothing in it that slows Node's start down. */
export function cleanEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: tmpdir(), ...extra };
}

/** Wall time, processor time and peak resident memory of one whole process; `null` where time(1) is not installed. */
export type Run = { readonly ms: number; readonly cpuMs: number | null; readonly peakKb: number | null };

const TIME = '/usr/bin/time';

/** Runs a program to its end. @throws when it fails */
export function runProcess(args: readonly string[], env: Record<string, string>): Run {
  const withTime = existsSync(TIME);
  const [file = '', ...rest] = withTime ? [TIME, '-f', '%M %U %S', ...args] : args;
  const started = performance.now();
  const { status, stderr } = spawnSync(file, rest, {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ms = performance.now() - started;
  if (status !== 0) throw new Error(`${args.join(' ')} ended with status ${status}: ${stderr}`);
  if (!withTime) return { ms, cpuMs: null, peakKb: null };
  const [peakKb = 0, user = 0, system = 0] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { ms, cpuMs: 1000 * (user + system), peakKb };
}

/** The middle one. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return ((sorted[middle] ?? 0) + (sorted[sorted.length % 2 === 0 ? middle - 1 : middle] ?? 0)) / 2;
}

/** `1.62 (1.41 to 1.90)`: the median with the least and the greatest. */
export function spread(values: readonly number[], digits = 2): string {
  return `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)})`;
}

/** A site in a temporary directory of its own, on the disk that TMPDIR names. */
export type BenchSite = {
  readonly directory: string;
  readonly env: Record<string, string>;
  /** Runs the program on the site. */
  readonly qrunner: (args: readonly string[], input?: string) => void;
  readonly remove: () => void;
};

/** One list, friends@lists.example, with the given members. */
export function makeSite(members: readonly string[]): BenchSite {
  const directory = mkdtempSync(join(tmpdir(), 'qrunner-bench-'));
  const env = cleanEnvironment({
    QRUNNER_CONFIG: directory,
    XDG_CACHE_HOME: join(directory, 'cache'),
    CACHE_DIRECTORY: join(directory, 'cache'),
  });
  const qrunner = (args: readonly string[], input = '') => {
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
      env,
      encoding: 'utf8',
      input,
    });
    if (status !== 0) throw new Error(`qrunner ${args.join(' ')} ended with status ${status}: ${stderr}`);
  };
  qrunner(['init', directory, '--domain', 'lists.example']);
  if (members.length > 0) {
    qrunner(['list', 'create', 'friends', '--owner', 'owner@example.org']);
    qrunner(['member', 'add', 'friends', '-'], members.join('\n'));
  }
  return { directory, env, qrunner, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** How often a bench of delivery repeats what it measures: so often, or as QRUNNER_BENCH_ROUNDS says. */
export const roundsOr = (usual: number): number => Number(process.env.QRUNNER_BENCH_ROUNDS ?? usual);

/** A promise's result. @throws when it takes longer than that */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms / 1000} s`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Figures that are there. */
export function known(values: readonly (number | null)[]): number[] {
  return values.flatMap((value) => value ?? []);
}

/** Prints the lines of a bench under its name. */
export function report(name: string, lines: readonly string[]): void {
  console.log(`\n${name}\n${lines.map((line) => `    ${line}`).join('\n')}`);
}

/**
 * `npm test`: the linters, then every test file under tap, then one line with tap's own counts.
 *
 * Prints a line per file, failures in full and skips with their reason; the whole TAP stream is in .tap/output.tap.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('../../..', import.meta.url)));
const bin = (name: string) => join('node_modules', '.bin', name);

/** Compiled test files. */
function testFiles(): string[] {
  return readdirSync('build/test', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.js'))
    .map((file) => join('build/test', file))
    .sort();
}

/** Runs the linters and prints a line for each; how many were not content. */
function lint(): number {
  const checks: readonly (readonly [string, ...string[]])[] = [
    ['oxlint', '--type-aware', '--deny-warnings', 'bin', 'lib', 'test', 'bench'],
    ['biome', 'check', '--error-on-warnings'],
    ['knip'],
  ];
  let failed = 0;
  for (const [name, ...args] of checks) {
    const { status, stdout, stderr } = spawnSync(bin(name), args, { encoding: 'utf8' });
    console.log(`${status === 0 ? 'ok' : 'not ok'} - ${name}`);
    if (status === 0) continue;
    failed++;
    console.log(stdout, stderr);
  }
  return failed;
}

type Counts = { total: number; pass: number; fail: number; skip: number; todo: number };

/** tap's last word: `# { total: 4, pass: 3, skip: 1 }`. */
function readCounts(line: string, counts: Counts): void {
  if (!/^# \{ total: \d+/.test(line)) return;
  for (const [, name, number] of line.matchAll(/(total|pass|fail|skip|todo): (\d+)/g)) {
    if (name === 'total' || name === 'pass' || name === 'fail' || name === 'skip' || name === 'todo') {
      counts[name] = Number(number);
    }
  }
}

/** What a person wants to see of the stream: files, failures with their diagnostics, skips, coverage. */
function interesting(line: string, state: { diagnostics: string | null }): boolean {
  if (state.diagnostics !== null) {
    if (line === `${state.diagnostics}...`) state.diagnostics = null;
    return true;
  }
  const failure = /^( *)not ok/.exec(line);
  if (failure) return true;
  const block = /^( *)---$/.exec(line);
  if (block) {
    state.diagnostics = block[1] ?? '';
    return true;
  }
  return (
    /^(ok|not ok|Bail out)/.test(line) ||
    / # (SKIP|TODO)/i.test(line) ||
    /^[ #]*(All files|Statements|Branches|Functions|Lines)/.test(line)
  );
}

async function runTap(files: readonly string[]): Promise<{ status: number; counts: Counts }> {
  const counts: Counts = { total: 0, pass: 0, fail: 0, skip: 0, todo: 0 };
  const env = { ...process.env };
  // It costs every child 45 ms on Node 20, and no test wants it.
  delete env.NODE_EXTRA_CA_CERTS;
  const args = [bin('tap'), '--reporter=tap', ...files];
  const tap = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number>((resolve) => {
    tap.on('close', (status) => resolve(status ?? 1));
  });
  mkdirSync('.tap', { recursive: true });
  const whole = createWriteStream('.tap/output.tap');
  const state = { diagnostics: null };
  for await (const line of createInterface({ input: tap.stdout })) {
    whole.write(`${line}\n`);
    readCounts(line, counts);
    if (interesting(line, state)) console.log(line);
  }
  whole.end();
  return { status: await ended, counts };
}

const unhappy = lint();
const named = process.argv.slice(2);
const { status, counts } = await runTap(named.length > 0 ? named : testFiles());
const failed = counts.fail + unhappy;
console.log(`\n${counts.pass} passed, ${failed} failed, ${counts.skip + counts.todo} skipped`);
process.exitCode = status === 0 && failed === 0 && counts.pass > 0 ? 0 : 1;

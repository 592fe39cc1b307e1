/** Durable adds against the raw cost of a durable file on the same disk, by one producer and by sixteen. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { adder, rawFile } from './producer.ts';
import { cleanEnvironment, median, report, spread } from './support.ts';

const PAIRS = 600;
const WARM_UP = 50;
const PRODUCERS = 16;
const EACH = 60;
const ROUNDS = 7;

const PRODUCER = fileURLToPath(new URL('producer.js', import.meta.url));

async function timed(times: number[], work: () => Promise<unknown>): Promise<void> {
  const started = performance.now();
  await work();
  times.push(performance.now() - started);
}

/** The mean without what was a warm-up, and without the slowest tenth. */
function mean(times: readonly number[]): number {
  const kept = times
    .slice(WARM_UP)
    .sort((a, b) => a - b)
    .slice(0, Math.floor(PAIRS * 0.9));
  return kept.reduce((sum, ms) => sum + ms, 0) / kept.length;
}

/** One message each in turn, so that a slow moment of the disk meets both. */
async function oneProducer(directory: string): Promise<{ rawMs: number; addMs: number }> {
  const add = adder(directory);
  const raw: number[] = [];
  const added: number[] = [];
  for (let pair = 0; pair < PAIRS + WARM_UP; pair++) {
    await timed(raw, async () => rawFile(directory));
    await timed(added, add);
  }
  return { rawMs: mean(raw), addMs: mean(added) };
}

/** All producers at once; milliseconds from the first beginning to the last end. */
async function manyProducers(kind: 'raw' | 'add', directory: string): Promise<number> {
  const children = Array.from({ length: PRODUCERS }, () =>
    spawn(process.execPath, [PRODUCER, kind, directory, String(EACH)], {
      env: cleanEnvironment(),
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  );
  await Promise.all(children.map((child) => once(child.stdout, 'data')));
  const started = performance.now();
  const ended = children.map((child) => once(child, 'exit'));
  for (const child of children) child.stdin.end('x');
  await Promise.all(ended);
  return performance.now() - started;
}

/** Runs the bench and prints its figures. */
export async function add(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'qrunner-bench-'));
  try {
    for (const name of ['tmp', 'new']) mkdirSync(join(directory, name));
    const one = await oneProducer(directory);
    const rounds: { raw: number; add: number }[] = [];
    for (let round = 0; round < ROUNDS; round++)
      rounds.push({ raw: await manyProducers('raw', directory), add: await manyProducers('add', directory) });
    const rate = (ms: number) => ((PRODUCERS * EACH) / ms) * 1000;
    report('durable adds of 3.5 KB against raw durable files', [
      `1 producer, raw             ${(1000 / one.rawMs).toFixed(0)} files/s`,
      `1 producer, add             ${(1000 / one.addMs).toFixed(0)} entries/s, ${(one.rawMs / one.addMs).toFixed(2)} of raw`,
      `${PRODUCERS} producers, raw           ${rate(median(rounds.map(({ raw }) => raw))).toFixed(0)} files/s`,
      `${PRODUCERS} producers, add           ${rate(median(rounds.map(({ add }) => add))).toFixed(0)} entries/s, ${spread(rounds.map(({ raw, add }) => raw / add))} of raw`,
    ]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

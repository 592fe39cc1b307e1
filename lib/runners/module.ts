/**
 * A queue of the user's own that is a JavaScript module: it exports `run(entry, context)`, and if it likes
 * `close()` and `concurrency`, by the contract in runner.ts. Its verdict is checked, since it comes from outside.
 */
import { pathToFileURL } from 'node:url';
import { ExpectedError } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import { EMPTY_META, type Entry, type Output } from '../spool/entry.ts';
import type { RunContext, Runner, Verdict } from './runner.ts';

type Loose = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Loose => typeof value === 'object' && value !== null;
const isFunction = (value: unknown): value is (...args: unknown[]) => unknown => typeof value === 'function';

/** Loads a user's module as a runner. @throws ExpectedError when it does not export `run` */
export async function openModuleRunner(path: string): Promise<Runner> {
  const loaded: unknown = await import(pathToFileURL(path).href);
  const named = isObject(loaded) ? loaded : {};
  // A CommonJS module's exports come as `default`.
  const exported = !isFunction(named.run) && isObject(named.default) ? named.default : named;
  const { run, close, concurrency } = exported;
  if (!isFunction(run))
    throw new ExpectedError(EX.CONFIG, `the module ${path} does not export a function "run"`);
  return {
    run: async (entry: Entry, context: RunContext) => checkVerdict(await run(entry, context), path),
    ...(typeof concurrency === 'number' && concurrency >= 1 ? { concurrency: Math.floor(concurrency) } : {}),
    ...(isFunction(close) ? { close: async () => void (await close()) } : {}),
  };
}

/** A verdict from outside. @throws ExpectedError that says what is wrong with it */
export function checkVerdict(value: unknown, path: string): Verdict {
  const wrong = (what: string) => new ExpectedError(EX.SOFTWARE, `the module ${path} gave a verdict ${what}`);
  if (!isObject(value)) throw wrong('that is no object');
  const { kind, reason, until, failed, note } = value;
  switch (kind) {
    case 'done':
      return {
        kind,
        outputs: checkOutputs(value.outputs, wrong),
        ...(typeof note === 'string' ? { note } : {}),
      };
    case 'hold':
      if (typeof reason !== 'string') throw wrong('"hold" without a reason');
      return { kind, reason, outputs: checkOutputs(value.outputs, wrong) };
    case 'shunt':
      if (typeof reason !== 'string') throw wrong('"shunt" without a reason');
      return { kind, reason };
    case 'defer':
      if (typeof reason !== 'string') throw wrong('"defer" without a reason');
      if (typeof until !== 'number' || !Number.isFinite(until)) throw wrong('"defer" without a time "until"');
      return { kind, reason, until, failed: failed !== false };
    default:
      throw wrong(`of kind ${JSON.stringify(kind)}, wanted done, defer, hold or shunt`);
  }
}

function checkOutputs(value: unknown, wrong: (what: string) => Error): Output[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw wrong('whose outputs are no array');
  return value.map((output: unknown) => {
    if (!isObject(output) || typeof output.queue !== 'string') throw wrong('with an output without a queue');
    const { queue, meta, message } = output;
    const isMessage =
      isObject(message) &&
      Buffer.isBuffer(message.head) &&
      (message.tailFrom === null || typeof message.tailFrom === 'number');
    if (!isMessage)
      throw wrong('with an output whose message is not { head: Buffer, tailFrom: number | null }');
    const tailFrom = message.tailFrom;
    return {
      queue,
      // Checked again, field by field, when the entry is read.
      meta: { ...EMPTY_META, ...(isObject(meta) ? meta : {}) },
      message: {
        head: Buffer.from(message.head as Buffer),
        tailFrom: typeof tailFrom === 'number' ? tailFrom : null,
      },
    };
  });
}

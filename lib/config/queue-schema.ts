/** The section `queues`: the user's own queues, each a command or a module. */
import path from 'node:path';
import * as v from 'valibot';
import { duration, field, filePath, schemaMessage, text } from './fields.ts';
import { executableMistake, readableMistake } from './named-files.ts';
import { type Objection, show } from './problem.ts';
import { userQueueNameMistake } from './queue-names.ts';
import { mapping, section, together } from './section.ts';
import type { UserQueue } from './site.ts';

/** The name of a queue, in the place of a key. */
function queueName() {
  return v.pipe(
    v.string(),
    v.rawCheck(({ dataset, addIssue }) => {
      const mistake = dataset.typed ? userQueueNameMistake(dataset.value) : null;
      if (mistake) addIssue({ message: schemaMessage(mistake) });
    }),
  );
}

/** What is wrong with the first word of a command, or `null`. No search path: it differs between users and units. */
function commandMistake(command: string, base: string): Objection | null {
  if (command.includes('/')) return executableMistake(path.resolve(base, command));
  return {
    message: `found ${show(command)}, wanted a path with a slash: no search path is used`,
    fix: command === '' ? 'write the path of the command' : `write what this prints: command -v ${command}`,
  };
}

/** A command and its arguments; the value has the command's absolute path. */
function command(base: string) {
  return v.pipe(
    field<unknown[]>('a sequence such as [/usr/bin/logger, --tag, list]', (found) => {
      if (Array.isArray(found) && found.length > 0) return { value: found };
      const words = typeof found === 'string' ? found.trim().split(/\s+/) : ['COMMAND', 'ARGUMENT'];
      return { fix: `write [${words.join(', ')}]; no shell takes it apart` };
    }),
    v.array(text('a word of the command')),
    v.rawCheck(({ dataset, addIssue }) => {
      const first: unknown = Array.isArray(dataset.value) ? dataset.value[0] : null;
      const mistake = typeof first === 'string' ? commandMistake(first, base) : null;
      const item = { type: 'unknown', origin: 'value', input: dataset.value, key: 0, value: first } as const;
      if (mistake) addIssue({ message: schemaMessage(mistake), path: [item] });
    }),
    v.transform(([first = '', ...rest]) => [path.resolve(base, first), ...rest]),
  );
}

/** A file with JavaScript. */
function module(base: string) {
  return v.pipe(
    filePath(base),
    v.rawCheck(({ dataset, addIssue }) => {
      const mistake = dataset.typed ? readableMistake(dataset.value) : null;
      if (mistake) addIssue({ message: schemaMessage(mistake) });
    }),
  );
}

/** One queue. */
function queue(base: string) {
  const keys = {
    exec: v.optional(command(base)),
    module: v.optional(module(base)),
    timeout: v.optional(duration(86_400_000)),
  };
  return v.pipe(
    section(keys),
    together((values, report) => {
      if (values.exec === undefined && values.module === undefined) {
        report('exec', 'value', {
          message: 'found no key "exec" and no key "module", one of which must be there',
          fix: 'add exec: [COMMAND, ARGUMENT] or module: ./FILE.js',
        });
      }
      if (values.module === undefined) return;
      for (const key of ['exec', 'timeout'].filter((name) => values[name] !== undefined)) {
        const message = `found the key ${show(key)}, which does not go with module`;
        report(key, 'key', { message, fix: key === 'exec' ? 'remove one of the two' : 'remove it' });
      }
    }),
    v.transform(({ exec = [], module, timeout = 60_000 }): UserQueue => {
      return module === undefined
        ? { kind: 'exec', command: exec, timeoutMs: timeout }
        : { kind: 'module', path: module };
    }),
  );
}

/** The schema of `queues`; relative paths count from `base`. A command has one minute when nothing is said. */
export function queuesSchema(base: string) {
  return v.pipe(mapping(), v.record(queueName(), v.nullish(queue(base), {})));
}

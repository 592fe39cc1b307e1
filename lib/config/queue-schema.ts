/** The section `queues`: the user's own queues, each a command or a module. */
import * as v from 'valibot';
import { command } from './command-field.ts';
import { duration, filePath, schemaMessage } from './fields.ts';
import { readableMistake } from './named-files.ts';
import { show } from './problem.ts';
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

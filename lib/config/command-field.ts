/** A command of the configuration: a sequence of words that no shell takes apart, the first one a file to be started. */
import path from 'node:path';
import * as v from 'valibot';
import { field, schemaMessage, text } from './fields.ts';
import { executableMistake } from './named-files.ts';
import { type Objection, show } from './problem.ts';

/** What is wrong with the first word of a command, or `null`. No search path: it differs between users and units. */
function commandMistake(command: string, base: string): Objection | null {
  if (command.includes('/')) return executableMistake(path.resolve(base, command));
  return {
    message: `found ${show(command)}, wanted a path with a slash: no search path is used`,
    fix: command === '' ? 'write the path of the command' : `write what this prints: command -v ${command}`,
  };
}

/** A command and its arguments; the value has the command's absolute path. A relative one counts from `base`. */
export function command(base: string) {
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

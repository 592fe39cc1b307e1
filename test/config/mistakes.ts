/** Shared by the tests of schemas: what a schema has against some data. */
import * as v from 'valibot';

/** `path: message | fix` for each mistake, in the order of the schema; the checked value when there is none. */
export function judged<T>(schema: v.GenericSchema<unknown, T>, data: unknown): T | string[] {
  const result = v.safeParse(schema, data);
  if (result.success) return result.output;
  return result.issues.map(({ path, message }) => {
    const keys = (path ?? []).map(({ key }) => `${key as string | number}`);
    return `${keys.join('.')}: ${message.replace('\n', ' | ')}`;
  });
}

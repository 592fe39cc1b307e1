/** qrunner.yaml(5) against the schemas: every key with its default, and nothing more. */
import t, { type Test } from 'tap';
import { DEFAULT_BOUNCES } from '../../lib/config/bounce-settings.ts';
import { listSchema } from '../../lib/config/list-schema.ts';
import { siteSchema } from '../../lib/config/site-schema.ts';
import { read } from './source.ts';

type Loose = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Loose => typeof value === 'object' && value !== null;

/** The schema below `optional` and `nullish`, and what stands in when nothing is said. */
function unwrap(schema: Loose, fallback?: unknown): { readonly inner: Loose; readonly fallback: unknown } {
  const { wrapped } = schema;
  return isObject(wrapped) ? unwrap(wrapped, schema.default ?? fallback) : { inner: schema, fallback };
}

/** The keys of a section, or the values of a mapping of anything, somewhere in a schema's pipe. */
function insides(schema: Loose): { readonly entries?: Loose; readonly value?: Loose } {
  if (isObject(schema.entries)) return { entries: schema.entries };
  if (schema.type === 'record' && isObject(schema.value)) return { value: schema.value };
  const pipe = Array.isArray(schema.pipe) ? schema.pipe : [];
  for (const step of pipe) {
    if (!isObject(step) || step === schema) continue;
    const found = insides(step);
    if (found.entries || found.value) return found;
  }
  return {};
}

/** Every key of a schema, `retry.first`, with its default as it would be written, or `null`. */
function keysOf(schema: unknown, above = ''): Map<string, string | null> {
  const keys = new Map<string, string | null>();
  if (!isObject(schema)) throw new Error('not a schema');
  const { inner, fallback } = unwrap(schema);
  const { entries, value } = insides(inner);
  if (entries) {
    for (const [key, entry] of Object.entries(entries)) {
      for (const [path, standing] of keysOf(entry, above === '' ? key : `${above}.${key}`))
        keys.set(path, standing);
    }
  } else if (value) {
    return keysOf(value, `${above}.NAME`);
  } else {
    const written = Array.isArray(fallback) ? JSON.stringify(fallback) : String(fallback);
    keys.set(above, fallback === undefined ? null : written);
  }
  return keys;
}

/** The keys in a section of the manual, with the default it names. */
function manualKeys(name: string): Map<string, string | null> {
  const manual = read('docs/man/qrunner.yaml.5');
  const section = new RegExp(`^\\.Sh ${name}\\n([\\s\\S]*?)(?=^\\.Sh )`, 'm').exec(manual)?.[1] ?? '';
  const keys = new Map<string, string | null>();
  for (const item of section.split(/^\.It Cm /m).slice(1)) {
    const key = /^\S+/.exec(item)?.[0] ?? '';
    const text = item.split(/^\.(?:El|Ss)/m, 1)[0] ?? '';
    const named = /The default is\n\.Ql (?:"([^"]*)"|(\S+))/.exec(text);
    keys.set(key, named ? (named[1] ?? named[2] ?? '') : null);
  }
  return keys;
}

const site = keysOf(siteSchema('/etc/qrunner/qrunner.yaml'));

/** Takes the keys of one section out of `keys`, with the section's name removed. */
function takeSection(keys: Map<string, string | null>, name: string): Map<string, string | null> {
  const taken = [...keys].filter(([key]) => key.startsWith(`${name}.`));
  for (const [key] of taken) keys.delete(key);
  return new Map(taken.map(([key, standing]) => [key.slice(name.length + 1), standing]));
}

// The values of routes are transports; the manual does not say it all again.
const route = takeSection(site, 'routes.NAME');
site.set('routes.DOMAIN', null);
const list = keysOf(
  listSchema({
    file: '/etc/qrunner/lists/NAME.yaml',
    name: 'NAME',
    domain: 'example.org',
    messageSize: 1,
    retry: { firstMs: 1, maxMs: 1, giveUpMs: 2, warnMs: null },
    bounces: DEFAULT_BOUNCES,
    queues: [],
    news: true,
  }),
);

function compare(t: Test, manual: Map<string, string | null>, schema: Map<string, string | null>): void {
  t.same([...manual.keys()].sort(), [...schema.keys()].sort(), 'the keys');
  for (const [key, standing] of schema) t.equal(manual.get(key), standing, `the default of ${key}`);
}

await t.test('the site', async (t) => {
  t.ok(site.size > 20 && site.get('retry.first') === '5m', 'keys were found');
  t.same(route, takeSection(new Map(site), 'transport'), 'a route has the keys of a transport');
  compare(t, manualKeys('THE SITE'), site);
});

await t.test('a list', async (t) => {
  t.ok(list.size > 10 && list.get('posting.members') === 'accept', 'keys were found');
  compare(t, manualKeys('A LIST'), list);
});

/** Tables of the documents against the code: states, queues, backoff, events, metadata, columns. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { backoffMs, DEFAULT_BACKOFF } from '../../lib/base/backoff.ts';
import { parseDuration } from '../../lib/base/duration.ts';
import { QUEUES } from '../../lib/config/queue-names.ts';
import { afterFailure, isGivenUp } from '../../lib/deliver/attempts.ts';
import { metadataEnvironment } from '../../lib/runners/exec.ts';
import { type Attempt, EMPTY_META, type Entry } from '../../lib/spool/entry.ts';
import { MOVES } from '../../lib/spool/state.ts';
import { read, root, sectionOf, tablesOf } from './source.ts';

const NEVER = (): never => {
  throw new Error('nobody reads this message');
};

/** An entry whose id adds nothing to a delay. */
const entry: Entry = {
  id: '1795420800000000-00000000000000000000',
  queue: 'retry',
  receivedAt: 0,
  failures: 0,
  released: false,
  meta: EMPTY_META,
  size: 0,
  readHead: NEVER,
  read: NEVER,
  stream: NEVER,
};

/** The first table of a section. */
function tableOf(file: string, heading: string, index = 0): string[][] {
  return tablesOf(sectionOf(read(file), heading))[index] ?? [];
}

/** A duration in full, `1d 1h 15m`. */
function inFull(ms: number): string {
  const minutes = ms / 60_000;
  const parts: [number, string][] = [
    [Math.floor(minutes / 1440), 'd'],
    [Math.floor(minutes / 60) % 24, 'h'],
    [minutes % 60, 'm'],
  ];
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(' ');
}

/** The default that qrunner.yaml(5) names, which another test compares with the schema. */
function defaultOf(key: string): string {
  const item = read('docs/man/qrunner.yaml.5').split(`.It Cm ${key} `)[1] ?? '';
  return /The default is\n\.Ql (\S+)/.exec(item)?.[1] ?? '';
}

await t.test('the state table of INTERNALS', async (t) => {
  t.same(
    tableOf('docs/INTERNALS.md', 'States and moves'),
    MOVES.map(({ from, to, by, means }) => [from ?? 'outside', to ?? 'outside', by, means]),
  );
});

await t.test('the queues of QUEUES, each with a section', async (t) => {
  const text = read('docs/QUEUES.md');
  t.same(
    tableOf('docs/QUEUES.md', 'Queues'),
    QUEUES.map(({ name, purpose }) => [`[${name}](#${name})`, purpose]),
  );
  for (const { name } of QUEUES) {
    const section = sectionOf(text, name);
    for (const part of ['Comes from: ', 'Does', 'Leads to', 'Can fail by: '])
      t.ok(section.includes(`\n${part}`), `${name}: ${part}`);
  }
});

await t.test('the backoff of deliveries', async (t) => {
  const [firstMs = 0, maxMs = 0, giveUpMs = 0] = ['first', 'max', 'give_up'].map(
    (key) => parseDuration(defaultOf(`retry.${key}`)) ?? 0,
  );
  const site = { retry: { firstMs, maxMs, giveUpMs, warnMs: null } };
  t.ok(site.retry.firstMs > 0 && site.retry.maxMs > 0 && site.retry.giveUpMs > 0, 'defaults were found');
  const rows: string[][] = [];
  let attempt: Attempt | undefined;
  for (let failures = 1, at = 0; ; failures++) {
    attempt = afterFailure(attempt, { reply: '' }, at, 0, site.retry);
    if (isGivenUp(attempt, site.retry)) {
      rows.push([String(failures), 'given up', inFull(at)]);
      break;
    }
    rows.push([String(failures), inFull(attempt.dueAt - at), inFull(attempt.dueAt)]);
    at = attempt.dueAt;
  }
  t.same(tableOf('docs/OPERATING.md', 'When it is tried again', 0), rows);
});

await t.test('the backoff of runners that fail', async (t) => {
  const limit = Number(defaultOf('limits.failures'));
  const rows: string[][] = [];
  let at = 0;
  for (let failures = 1; failures < limit; failures++) {
    const delay = backoffMs(failures, 0, DEFAULT_BACKOFF);
    at += delay;
    rows.push([String(failures), inFull(delay), inFull(at)]);
  }
  rows.push([String(limit), 'shunt', inFull(at)]);
  t.same(tableOf('docs/OPERATING.md', 'When it is tried again', 1), rows);
});

/** The words a template of an event stands for, from the type in the file that defines them. */
function kindsIn(file: string, type: RegExp): string[] {
  const text = type.exec(read(file))?.[0] ?? '';
  return [...new Set([...text.matchAll(/'([a-z]+)'/g)].map(([, kind = '']) => kind))];
}

await t.test('the events of OPERATING', async (t) => {
  const templates: Readonly<Record<string, readonly string[]>> = {
    'entry-${applied}': kindsIn('lib/runners/runner.ts', /export type Verdict =[\s\S]*?;\n\n/),
    'delivery-${kind}': kindsIn('lib/smtp/transport.ts', /readonly kind: 'delivered' [^\n]*/),
    'recovery-${kind}': kindsIn('lib/spool/recover.ts', /export type Recovery = \{[\s\S]*?\n\};/),
  };
  const events = new Set<string>();
  for (const name of readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    for (const [, event = ''] of read(join('lib', name)).matchAll(
      /\blog\(\s*[^,;()]*,\s*['`]([^'`]*)['`]/g,
    )) {
      const [head = '', tail] = event.split('${');
      const kinds = templates[event];
      if (tail !== undefined)
        t.ok(kinds !== undefined && kinds.length > 0, `${event} of ${name} is known here`);
      for (const kind of kinds ?? ['']) events.add(tail === undefined ? event : `${head}${kind}`);
    }
  }
  const told = tableOf('docs/OPERATING.md', 'Logs').map(([event = '']) => event.replaceAll('`', ''));
  t.same(told.sort(), [...events].sort());
});

await t.test('the variables of a command', async (t) => {
  const told = tableOf('docs/QUEUES.md', 'A command: exec').map(([name = '']) => name.replaceAll('`', ''));
  t.same(told, Object.keys(metadataEnvironment(entry)));
});

await t.test('the metadata of FORMATS', async (t) => {
  const told = tableOf('docs/FORMATS.md', 'Metadata').map(([name = '', , empty = '']) => [
    name.replaceAll('`', ''),
    empty.replaceAll('`', ''),
  ]);
  t.same(
    told,
    Object.entries(EMPTY_META).map(([name, value]) => [name, JSON.stringify(value)]),
  );
});

await t.test('the tables of the state database', async (t) => {
  const created = [...read('lib/state/schema.ts').matchAll(/CREATE TABLE (\w+) \(([\s\S]*?)\) STRICT/g)].map(
    ([, table = '', body = '']) => {
      const columns = body
        .split(/,\s*/)
        .map((column) => /^\s*([a-z_]+) (?:TEXT|INTEGER)/.exec(column)?.[1] ?? []);
      return { table, columns: columns.flat() };
    },
  );
  for (const [, table, verb, column = ''] of read('lib/state/schema.ts').matchAll(
    /ALTER TABLE (\w+) (ADD|DROP) COLUMN (\w+)/g,
  )) {
    const columns = created.find((other) => other.table === table)?.columns ?? [];
    if (verb === 'ADD') columns.push(column);
    else columns.splice(columns.indexOf(column), 1);
  }
  t.ok(created.length > 0, 'tables were found');
  const told = tableOf('docs/FORMATS.md', 'The state database').map(([table = '', columns = '']) => [
    table.replaceAll('`', ''),
    columns,
  ]);
  t.same(
    told,
    created.map(({ table, columns }) => [table, columns.join(', ')]),
  );
});

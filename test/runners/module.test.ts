import { join } from 'node:path';
import t from 'tap';
import { checkVerdict, openModuleRunner } from '../../lib/runners/module.ts';
import { EMPTY_META } from '../../lib/spool/entry.ts';
import { contextOf, entryOf, NOON } from '../support/runner-rig.ts';
import { siteRig } from '../support/site-rig.ts';

const ENTRY = entryOf('Subject: tea\n\nTea?\n');

await t.test('ES modules and CommonJS modules', async (t) => {
  const dir = t.testdir({
    'esm.mjs': `export const run = async (entry) => ({ kind: 'done', note: entry.id });
      export const concurrency = 2.5;
      export function close() { globalThis.closedBy = 'esm'; }`,
    'default.mjs': "export default { run: () => ({ kind: 'shunt', reason: 'default' }) };",
    'common.cjs': "module.exports = { run() { return { kind: 'shunt', reason: 'common' }; } };",
    'named.cjs': "exports.run = () => ({ kind: 'shunt', reason: 'named' });",
  });
  const esm = await openModuleRunner(join(dir, 'esm.mjs'));
  t.same(await esm.run(ENTRY, contextOf()), { kind: 'done', outputs: [], note: ENTRY.id });
  t.equal(esm.concurrency, 2);
  await esm.close?.();
  t.equal(Reflect.get(globalThis, 'closedBy'), 'esm');
  for (const name of ['default.mjs', 'common.cjs', 'named.cjs']) {
    const runner = await openModuleRunner(join(dir, name));
    t.same(await runner.run(ENTRY, contextOf()), { kind: 'shunt', reason: name.split('.')[0] });
    t.equal(runner.concurrency, undefined);
    t.equal(runner.close, undefined);
  }
});

await t.test('modules that are none', async (t) => {
  const dir = t.testdir({ 'none.mjs': 'export const go = 1;', 'broken.mjs': 'export const run = ;' });
  await t.rejects(openModuleRunner(join(dir, 'none.mjs')), {
    status: 78,
    message: /does not export a function "run"/,
  });
  await t.rejects(openModuleRunner(join(dir, 'broken.mjs')), SyntaxError);
});

await t.test('verdicts', async (t) => {
  const head = Buffer.from('Subject: x\n\n');
  const output = { queue: 'out', meta: { recipients: ['a@x.org'] }, message: { head, tailFrom: null } };
  const checked = { ...output, meta: { ...EMPTY_META, recipients: ['a@x.org'] } };
  t.same(checkVerdict({ kind: 'done' }, 'm'), { kind: 'done', outputs: [] });
  t.same(checkVerdict({ kind: 'done', outputs: [output], note: 'n' }, 'm'), {
    kind: 'done',
    outputs: [checked],
    note: 'n',
  });
  t.same(checkVerdict({ kind: 'hold', reason: 'r', outputs: [output] }, 'm'), {
    kind: 'hold',
    reason: 'r',
    outputs: [checked],
  });
  t.same(checkVerdict({ kind: 'shunt', reason: 'r' }, 'm'), { kind: 'shunt', reason: 'r' });
  t.same(checkVerdict({ kind: 'defer', reason: 'r', until: NOON }, 'm'), {
    kind: 'defer',
    reason: 'r',
    until: NOON,
    failed: true,
  });
  t.match(checkVerdict({ kind: 'defer', reason: 'r', until: 1, failed: false }, 'm'), { failed: false });
});

await t.test('wrong verdicts say what is wrong', async (t) => {
  const message = { head: Buffer.alloc(0), tailFrom: 0 };
  const wrong: [unknown, RegExp][] = [
    [undefined, /that is no object/],
    ['done', /that is no object/],
    [null, /that is no object/],
    [{}, /of kind undefined, wanted done, defer, hold or shunt/],
    [{ kind: 'gone' }, /of kind "gone"/],
    [{ kind: 'shunt' }, /"shunt" without a reason/],
    [{ kind: 'hold', outputs: [] }, /"hold" without a reason/],
    [{ kind: 'defer', until: 1 }, /"defer" without a reason/],
    [{ kind: 'defer', reason: 'r' }, /"defer" without a time/],
    [{ kind: 'defer', reason: 'r', until: Number.NaN }, /"defer" without a time/],
    [{ kind: 'done', outputs: {} }, /whose outputs are no array/],
    [{ kind: 'done', outputs: [1] }, /an output without a queue/],
    [{ kind: 'done', outputs: [{ message }] }, /an output without a queue/],
    [{ kind: 'done', outputs: [{ queue: 'out' }] }, /an output whose message is not/],
    [
      { kind: 'done', outputs: [{ queue: 'out', message: { head: 'x', tailFrom: 0 } }] },
      /whose message is not/,
    ],
  ];
  for (const [value, words] of wrong) {
    t.throws(() => checkVerdict(value, '/m.js'), { status: 70, message: words }, JSON.stringify(value));
    t.throws(() => checkVerdict(value, '/m.js'), { message: /^the module \/m\.js gave a verdict / });
  }
});

await t.test('as the operator sees it', async (t) => {
  const module = `exports.run = async (entry) => {
    const text = (await entry.read()).toString();
    if (text.includes('throw')) throw new Error('a bug of mine');
    if (text.includes('wrong')) return { kind: 'maybe' };
    if (text.includes('elsewhere')) return { kind: 'done', outputs: [{ queue: 'nowhere', message: { head: Buffer.alloc(0), tailFrom: 0 } }] };
    if (text.includes('later')) return { kind: 'defer', reason: 'not now', until: Date.now() + 60000 };
    if (text.includes('hold')) return { kind: 'hold', reason: 'look' };
    if (text.includes('shunt')) return { kind: 'shunt', reason: 'no good' };
    return { kind: 'done', outputs: [{ queue: 'out', meta: { recipients: ['x@example.org'], sender: '' },
      message: { head: Buffer.from('X-Seen: yes\\n'), tailFrom: 0 } }] };
  };`;
  const site = await siteRig(t, {
    site: 'queues: { index: { module: ./index.cjs } }\n',
    list: 'copy_to: [index]\narchive: false\n',
    files: { 'index.cjs': module },
  });
  const cases: [string, Record<string, number>][] = [
    ['pass', {}],
    ['throw', { 'index/deferred': 1 }],
    ['wrong', { 'index/deferred': 2 }],
    ['later', { 'index/deferred': 3 }],
    ['elsewhere', { 'index/deferred': 3, 'index/shunt': 1 }],
    ['hold', { 'index/deferred': 3, 'index/shunt': 1, 'index/held': 1 }],
    ['shunt', { 'index/deferred': 3, 'index/shunt': 2, 'index/held': 1 }],
  ];
  for (const [word, expected] of cases) {
    await site.inject(`From: olga@example.org\n\n${word}\n`);
    await site.run();
    t.same(site.lies(), expected, word);
  }
  t.match(site.mail('x@example.org'), [/^Return-Path: <>\n.*\nX-Seen: yes\nFrom: olga/]);
});

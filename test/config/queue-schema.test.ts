import { chmodSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { queuesSchema } from '../../lib/config/queue-schema.ts';
import { judged } from './mistakes.ts';

const base = t.testdir({ tool: '#!/bin/sh\n', plain: '', 'run.js': '' });
chmodSync(path.join(base, 'tool'), 0o755);
chmodSync(path.join(base, 'plain'), 0o644);
const queues = (data: unknown) => judged(queuesSchema(base), data);

await t.test('commands and modules', async (t) => {
  t.same(queues({}), {});
  t.same(queues({ chat: { exec: ['./tool', '-q', 'a b'] }, index: { module: './run.js' } }), {
    chat: { kind: 'exec', command: [path.join(base, 'tool'), '-q', 'a b'], timeoutMs: 60_000 },
    index: { kind: 'module', path: path.join(base, 'run.js') },
  });
  t.match(queues({ chat: { exec: ['/bin/sh'], timeout: '5s' } }), {
    chat: { command: ['/bin/sh'], timeoutMs: 5_000 },
  });
});

await t.test('names', async (t) => {
  const exec = ['./tool'];
  t.match(queues({ out: { exec }, bell: { exec }, 'A b': { exec } }), [
    /^out: found "out", which is a queue of qrunner itself/,
    /^bell: found "bell", which the spool uses/,
    /^A b: found "A b", wanted a letter/,
  ]);
});

await t.test('commands that cannot be started', async (t) => {
  t.match(queues({ a: { exec: ['cat'] } }), [
    /^a\.exec\.0: found "cat", wanted a path with a slash.*command -v cat/,
  ]);
  t.match(queues({ a: { exec: ['./none'] } }), [/^a\.exec\.0: found ".*none", which does not exist/]);
  t.match(queues({ a: { exec: ['./plain'] } }), [/^a\.exec\.0: .*may not execute \| chmod \+x .*plain/]);
  t.match(queues({ a: { exec: './tool -q' } }), [
    /^a\.exec: found ".\/tool -q", wanted a sequence.*write \[.\/tool, -q\]/,
  ]);
  t.match(queues({ a: { exec: [] } }), [/^a\.exec: found a sequence, wanted a sequence such as/]);
  t.match(queues({ a: { exec: ['./none', -5] } }), [
    /^a\.exec\.1: found -5, wanted a word of the command \| put it into quotes: "-5"/,
    /^a\.exec\.0: .*does not exist/,
  ]);
});

await t.test('one of the two', async (t) => {
  t.match(queues({ a: {}, b: null }), [
    /^a\.exec: found no key "exec" and no key "module"/,
    /^b\.exec: found no key/,
  ]);
  t.match(queues({ a: { exec: ['./tool'], module: './run.js', timeout: '1m' } }), [
    /^a\.exec: found the key "exec", which does not go with module/,
    /^a\.timeout: found the key "timeout", which does not go with module/,
  ]);
  t.match(queues({ a: { module: './none.js' } }), [/^a\.module: .*does not exist/]);
  t.match(queues(['a']), [/found a sequence, wanted a mapping/]);
});

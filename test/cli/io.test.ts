import { Writable } from 'node:stream';
import t from 'tap';
import { complain, isTerminal, print, printJson, processIo } from '../../lib/cli/io.ts';
import { Captured } from '../support/site-rig.ts';

await t.test('text ends with one line end', async (t) => {
  const stdout = new Captured();
  const stderr = new Captured();
  const io = { ...processIo(), stdout, stderr };
  print(io, 'a');
  print(io, 'b\n');
  print(io, '');
  printJson(io, { c: 'd\ne' });
  complain(io, 'trouble');
  t.equal(stdout.text, 'a\nb\n\n{"c":"d\\ne"}\n');
  t.equal(stderr.text, 'trouble\n');
});

await t.test('the process’s own', async (t) => {
  const io = processIo();
  t.equal(io.stdout, process.stdout);
  t.equal(io.stderr, process.stderr);
  t.equal(io.env, process.env);
});

await t.test('a terminal', async (t) => {
  const { stdoutIsTerminal: _, ...io } = processIo();
  t.ok(isTerminal({ ...io, stdout: new Captured(true) }));
  t.notOk(isTerminal({ ...io, stdout: new Captured(false) }));
  t.notOk(
    isTerminal({ ...io, stdout: new Captured(true), stdoutIsTerminal: false }),
    'what is said counts first',
  );
});

await t.test('a reader that goes away is no trouble', async (t) => {
  const stdout = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
  print({ ...processIo(), stdout }, 'a');
  await new Promise(setImmediate);
  t.ok(stdout.destroyed);
});

import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import t from 'tap';
import {
  ExpectedError,
  errorCode,
  errorText,
  isPipeClosed,
  isSystemError,
  TemporaryError,
  unreachable,
} from '../../lib/base/errors.ts';
import { EX } from '../../lib/base/sysexits.ts';

function systemError(): unknown {
  try {
    return readFileSync('/nowhere/at/all');
  } catch (error) {
    return error;
  }
}

await t.test('expected errors carry an exit status', async (t) => {
  const cause = new Error('below');
  const error = new ExpectedError(EX.CONFIG, 'no such list "x"', { cause });
  t.match(error, { name: 'ExpectedError', status: 78, message: 'no such list "x"', cause });
  const temporary = new TemporaryError('disk full');
  t.match(temporary, { name: 'TemporaryError', status: 75 });
  t.ok(temporary instanceof ExpectedError);
});

await t.test('what the system says is told from everything else', async (t) => {
  t.equal(errorCode(systemError()), 'ENOENT');
  t.ok(isSystemError(systemError()));
  const others = [new Error('x'), 'ENOENT', null, undefined, { code: 'ENOENT' }, new TemporaryError('x')];
  for (const other of [...others, Object.assign(new Error('x'), { code: 17 })]) {
    t.equal(errorCode(other), null, inspect(other, { depth: 0 }));
    t.notOk(isSystemError(other));
  }
  t.notOk(
    isSystemError(Object.assign(new RangeError('x'), { code: 'ERR_OUT_OF_RANGE' })),
    'an error of Node',
  );
});

await t.test('the text of an error is one line', async (t) => {
  t.equal(errorText(new Error(' one\r\n  two\n\nthree \n')), 'one two three');
  t.equal(errorText('thrown\ntext'), 'thrown text');
  t.equal(errorText(undefined), 'undefined');
});

await t.test('a value of no known type says what it was', async (t) => {
  const stray: unknown = { kind: 'other' };
  t.throws(() => unreachable(stray as never), { message: 'unreachable value: {"kind":"other"}' });
});

await t.test('a reader of a pipe that has gone', async (t) => {
  for (const code of ['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED']) {
    t.ok(isPipeClosed(Object.assign(new Error('x'), { code })), code);
  }
  for (const other of [systemError(), new Error('EPIPE'), 'EPIPE', null]) {
    t.notOk(isPipeClosed(other), inspect(other, { depth: 0 }));
  }
});

import t from 'tap';
import { ExpectedError, TemporaryError } from '../../lib/base/errors.ts';
import { EX } from '../../lib/base/sysexits.ts';
import { DatabaseBusyError, databaseError, guarded } from '../../lib/state/driver.ts';

const cause = new Error('what SQLite said');

await t.test('trouble that may pass', async (t) => {
  for (const code of [3, 7, 8, 10, 13, 14, 15]) {
    const error = databaseError('/state/db', code, cause);
    t.ok(error instanceof TemporaryError && !(error instanceof DatabaseBusyError), `code ${code}`);
    t.match(error, {
      status: EX.TEMPFAIL,
      cause,
      message: /\/state\/db: what SQLite said \(SQLITE_[A-Z]+\)/,
    });
  }
  for (const code of [5, 6]) t.ok(databaseError('/state/db', code, cause) instanceof DatabaseBusyError);
});

await t.test('extended result codes count by their lower byte', async (t) => {
  t.match(databaseError('/state/db', 5 | (1 << 8), cause), { message: 'SQLITE_BUSY' });
  t.match(databaseError('/state/db', 10 | (4 << 8), cause), { message: 'SQLITE_IOERR' });
});

await t.test('a damaged file', async (t) => {
  for (const code of [11, 26]) {
    const error = databaseError('/state/db', code, cause);
    t.ok(error instanceof ExpectedError && !(error instanceof TemporaryError), `code ${code}`);
    t.match(error, {
      status: EX.SOFTWARE,
      message: 'the state database /state/db is damaged and was left alone',
    });
  }
});

await t.test('anything else stays what it is', async (t) => {
  t.equal(databaseError('/state/db', 19, cause), cause, 'a constraint');
  t.equal(databaseError('/state/db', null, cause), cause, 'no error of SQLite');
  t.equal(
    guarded(
      '/state/db',
      () => 5,
      () => 'fine',
    ),
    'fine',
  );
  const fail = () => {
    throw cause;
  };
  t.throws(() => guarded('/state/db', () => 5, fail), { message: 'SQLITE_BUSY', cause });
  t.throws(() => guarded('/state/db', () => null, fail), cause);
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { TemporaryError } from '../../lib/base/errors.ts';
import { readPassword } from '../../lib/smtp/password-file.ts';

const directory = t.testdir();
const file = (text: string): string => {
  const path = join(directory, 'password');
  writeFileSync(path, text);
  return path;
};

await t.test('one newline at the end is not part of the password', async (t) => {
  t.equal(await readPassword(file('s3cret')), 's3cret');
  t.equal(await readPassword(file('s3cret\n')), 's3cret');
  t.equal(await readPassword(file('s3cret \r\n')), 's3cret ', 'blanks are');
  t.equal(await readPassword(file('pässwort\n')), 'pässwort');
});

await t.test('what is no password is temporary and names the file', async (t) => {
  for (const text of ['', '\n', 'one\ntwo\n', 'a\0b', 'x\n\n']) {
    await t.rejects(readPassword(file(text)), {
      name: 'TemporaryError',
      message: /password file .*\/password/,
    });
  }
  const missing = join(directory, 'nowhere');
  await t.rejects(readPassword(missing), new RegExp(`cannot read the password file ${missing}: ENOENT`));
  await t.rejects(readPassword(missing), TemporaryError);
});

await t.test('the words never hold the secret', async (t) => {
  const error = await readPassword(file('one\ntwo\n')).catch(String);
  t.notMatch(error, /two/);
});

await t.test('a credential is read where systemd puts it', async (t) => {
  file('s3cret\n');
  const env = { CREDENTIALS_DIRECTORY: directory };
  t.equal(await readPassword('credential:password', env), 's3cret');
  await t.rejects(readPassword('credential:none', env), {
    name: 'TemporaryError',
    message: /\/none: ENOENT/,
  });
  await t.rejects(readPassword('credential:password', {}), {
    name: 'TemporaryError',
    message: /credential:password: only a service/,
  });
});

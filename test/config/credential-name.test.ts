import t from 'tap';
import { CREDENTIAL, credentialName } from '../../lib/config/credential-name.ts';

await t.test('a name, and what is none', async (t) => {
  t.equal(CREDENTIAL, 'credential:');
  t.equal(credentialName('credential:smtp-1.password_x'), 'smtp-1.password_x');
  for (const text of [
    'credential:',
    'credential:a/b',
    'credential:../x',
    'credential:a b',
    'credential:a:b',
    'credential:é',
  ])
    t.equal(credentialName(text), null, text);
  t.equal(credentialName(`credential:${'a'.repeat(65)}`), null);
  t.equal(credentialName('/etc/credential:x'), null, 'the path of a file');
});

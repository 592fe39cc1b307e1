import { createHmac } from 'node:crypto';
import t from 'tap';
import { hideSecrets, logIn } from '../../lib/smtp/smtp-auth.ts';
import { smtpExtensions } from '../../lib/smtp/smtp-extensions.ts';

const offering = (words: string) => smtpExtensions(`250-mx\r\n250 ${words}`);
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Logs in at a server that says these replies one after the other. */
async function login(
  words: string,
  replies: string[],
  password = 's3cret',
): Promise<{ said: string[]; shown: string[]; failure: string | null }> {
  const said: string[] = [];
  const shown: string[] = [];
  const ask = async (line: string, forPeople: string, hide: readonly string[]): Promise<string> => {
    said.push(line);
    shown.push(forPeople);
    const reply = replies.shift() ?? '421 no more';
    shown.push(hideSecrets(reply, hide));
    return reply;
  };
  const failure = await logIn(ask, offering(words), 'ann', password).then(
    () => null,
    (error: unknown) => String(error),
  );
  return { said, shown, failure };
}

await t.test('the mechanisms', async (t) => {
  const plain = base64('\0ann\0s3cret');
  t.match(await login('AUTH LOGIN PLAIN', ['235 ok']), { said: [`AUTH PLAIN ${plain}`], failure: null });
  t.match(await login('AUTH=PLAIN', ['334 ', '235 ok']), {
    said: [`AUTH PLAIN ${plain}`, plain],
    failure: null,
  });
  t.match(await login('AUTH LOGIN', ['334 VXNlcm5hbWU6', '334 UGFzc3dvcmQ6', '235 ok']), {
    said: ['AUTH LOGIN', base64('ann'), base64('s3cret')],
    failure: null,
  });
  const digest = createHmac('md5', 's3cret').update('<1.2@mx>').digest('hex');
  t.match(await login('AUTH CRAM-MD5', [`334 ${base64('<1.2@mx>')}`, '235 ok']), {
    said: ['AUTH CRAM-MD5', base64(`ann ${digest}`)],
    failure: null,
  });
});

await t.test('what goes wrong', async (t) => {
  t.match(await login('HELP', []), { said: [], failure: /the server offers no AUTH/ });
  t.match(await login('AUTH GSSAPI', []), { said: [], failure: /only AUTH GSSAPI, wanted PLAIN/ });
  t.match(await login('AUTH PLAIN', ['535 5.7.8 no']), { failure: /535 5\.7\.8 no/ });
  t.match(await login('AUTH LOGIN', ['504 no']), { said: ['AUTH LOGIN'], failure: /504 no/ });
  t.match(await login('AUTH LOGIN', ['334 ', '535 who?']), { failure: /535 who/ });
  t.match(await login('AUTH PLAIN', ['250 ok']), { failure: /250 ok/ }, 'only 235 is a yes');
});

await t.test('no secret is shown, not even one that the server repeats', async (t) => {
  const plain = base64('\0ann\0s3cret');
  for (const words of ['AUTH PLAIN', 'AUTH LOGIN', 'AUTH CRAM-MD5']) {
    const echo = `535 ${plain} and ${base64('s3cret')} and s3cret`;
    for (const replies of [[echo], ['334 ', echo], ['334 ', '334 ', echo]]) {
      const { shown, failure } = await login(words, replies);
      const text = [...shown, failure].join('\n');
      t.notMatch(text, /s3cret/);
      t.notOk(text.includes(plain) || text.includes(base64('s3cret')), text);
    }
  }
  t.equal(hideSecrets('a b', ['']), 'a b');
});

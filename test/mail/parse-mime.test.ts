import t from 'tap';
import { parseMime } from '../../lib/mail/parse-mime.ts';

const text = async (message: string) => (await parseMime(Buffer.from(message, 'latin1')))?.text;

await t.test('text, with and without a header section', async (t) => {
  t.equal((await text('Subject: x\n\nhello\n'))?.trim(), 'hello');
  t.equal((await text('hello\nworld\n'))?.trim(), 'hello\nworld');
  t.equal((await text('From a@b Mon Nov 23\nSubject: x\n\nhello\n'))?.trim(), 'hello');
  t.equal((await text('Content-Type: text/plain; charset=iso-8859-1\n\nGr\xfc\xdfe\n'))?.trim(), 'Grüße');
});

await t.test('an attached message is a part, not text', async (t) => {
  const email = await parseMime(
    Buffer.from(
      'Content-Type: multipart/mixed; boundary=b\n\n--b\n\nmine\n--b\nContent-Type: message/rfc822\n\nA: 1\n\ntheirs\n--b--\n',
    ),
  );
  t.equal(email?.text?.trim(), 'mine');
  t.same(
    email?.attachments.map((part) => part.mimeType),
    ['message/rfc822'],
  );
});

await t.test('a message beyond the limits says nothing', async (t) => {
  let message = '';
  for (let depth = 0; depth < 300; depth++)
    message += `Content-Type: multipart/mixed; boundary=b${depth}\n\n--b${depth}\n`;
  t.equal(await parseMime(Buffer.from(`${message}\nx\n`)), null);
  t.not(await parseMime(Buffer.alloc(0)), null, 'no bytes are no error');
});

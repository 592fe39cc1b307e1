import t from 'tap';
import { TemporaryError } from '../../lib/base/errors.ts';
import { formatReply, reply, troubleReply, troubleText } from '../../lib/intake/lmtp-reply.ts';

await t.test('the lines of a reply', async (t) => {
  t.equal(formatReply(reply(250, '2.1.0', 'go on')), '250 2.1.0 go on\r\n');
  t.equal(formatReply(reply(354, '', 'go')), '354 go\r\n');
  t.equal(
    formatReply(reply(250, '', 'host'), ['SIZE 5', 'PIPELINING']),
    '250-host\r\n250-SIZE 5\r\n250 PIPELINING\r\n',
  );
  t.equal(formatReply(reply(550, '5.1.1', 'no é\r\n250 forged\0')), '550 5.1.1 no ???250 forged?\r\n');
  t.equal(formatReply(reply(550, '5.1.1', 'x'.repeat(900))).length, 512, 'RFC 5321 section 4.5.3.1.5');
});

const system = (code: string) => Object.assign(new Error(`${code}: /a/path`), { code, syscall: 'write' });

await t.test('trouble: room or not, and never for good', async (t) => {
  const cases: [unknown, number, string][] = [
    [system('ENOSPC'), 452, '4.3.1'],
    [system('EDQUOT'), 452, '4.3.1'],
    [new TemporaryError('cannot accept', { cause: system('ENOSPC') }), 452, '4.3.1'],
    [new TemporaryError('cannot accept', { cause: system('EACCES') }), 451, '4.3.0'],
    [new TemporaryError('locked'), 451, '4.3.0'],
    [new TypeError('a bug'), 451, '4.3.0'],
    ['thrown', 451, '4.3.0'],
  ];
  for (const [error, code, status] of cases) {
    t.match(troubleReply(error), { code, status }, String(error));
    t.notMatch(troubleReply(error).text, /path/, 'no path of ours');
  }
  t.equal(troubleText(new TemporaryError('locked')), 'locked');
  t.equal(troubleText(new TypeError('a bug')), 'TypeError: a bug');
  t.equal(troubleText('thrown'), 'thrown');
});

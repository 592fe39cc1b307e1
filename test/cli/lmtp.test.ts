import { Readable } from 'node:stream';
import t from 'tap';
import { siteRig } from '../support/site-rig.ts';

const TALK = `LHLO mx
MAIL FROM:<ann@example.org>
RCPT TO:<friends@example.org>
DATA
From: ann@example.org

Tea?
.
QUIT
`.replaceAll('\n', '\r\n');

await t.test('one client on standard input', async (t) => {
  const site = await siteRig(t, { members: ['ann@example.org'] });
  const { status, out, err } = await site.call(['lmtp', '--stdin'], Readable.from([Buffer.from(TALK)]));
  t.equal(err, '');
  t.equal(status, 0);
  t.same(
    out
      .trimEnd()
      .split('\r\n')
      .filter((line) => /^\d{3} /.test(line))
      .map((line) => line.slice(0, 3)),
    ['220', '250', '250', '250', '354', '250', '221'],
  );
  t.equal((await site.entry('in')).message, 'From: ann@example.org\n\nTea?\n');
});

await t.test('a wrong configuration does not keep it from answering', async (t) => {
  const site = await siteRig(t, { list: 'subscribe: perhaps\n' });
  const { status, out } = await site.call(['lmtp', '--stdin'], Readable.from([Buffer.from(TALK)]));
  t.equal(status, 0);
  t.match(out, /^451 4\.3\.5 /m);
});

await t.test('what cannot be meant', async (t) => {
  const site = await siteRig(t);
  const cases: [string[], RegExp][] = [
    [
      [],
      /^qrunner: no socket from systemd: LISTEN_FDS and LISTEN_PID are not set\. Start it by a socket unit/,
    ],
    [['--stdin', '--listen', '/x/y'], /--stdin speaks with one client/],
    [['--stdin', '--idle', '5s'], /--stdin speaks with one client/],
    [['--listen', 'x'], /cannot read --listen "x"/],
    [['--listen', 'localhost:25'], /port 25 is for SMTP/],
    [
      ['--listen', '/nowhere/x', '--idle', 'soon'],
      /cannot read --idle "soon": wanted a time such as 5s, or never/,
    ],
  ];
  for (const [args, words] of cases) {
    t.match(await site.call(['lmtp', ...args]), { status: 64, out: '', err: words }, args.join(' '));
  }
  t.match(await site.call(['lmtp', '--listen', '/nowhere/x']), {
    status: 75,
    err: /cannot listen at \/nowhere\/x/,
  });
});

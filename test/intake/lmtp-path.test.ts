import t from 'tap';
import { parsePathArgument } from '../../lib/intake/lmtp-path.ts';

/** The address, or the code. */
function read(keyword: 'FROM' | 'TO', argument: string): string | number {
  const found = parsePathArgument(keyword, argument);
  return 'code' in found ? found.code : found.address;
}

await t.test('paths', async (t) => {
  const cases: [string, string | number][] = [
    ['<ann@example.org>', 'ann@example.org'],
    [' <ann@example.org>', 'ann@example.org'],
    ['<Ann@Example.ORG>', 'Ann@Example.ORG'],
    ['<a.b+c=d@example.org>', 'a.b+c=d@example.org'],
    ["<!#$%&'*+/=?^_`{|}~-@example.org>", "!#$%&'*+/=?^_`{|}~-@example.org"],
    ['<"ann"@example.org>', 'ann@example.org'],
    ['<"a\\nn"@example.org>', 'ann@example.org'],
    ['<"ann smith"@example.org>', '"ann smith"@example.org'],
    ['<"a@b"@example.org>', '"a@b"@example.org'],
    ['<"a>b"@example.org>', '"a>b"@example.org'],
    ['<ann@[127.0.0.1]>', 'ann@[127.0.0.1]'],
    ['<ann@[IPv6:::1]>', 'ann@[IPv6:::1]'],
    ['<@a.example,@b.example:ann@example.org>', 'ann@example.org'],
    ['<jörg@exämple.org>', 'jörg@exämple.org'],
    ['<ann@localhost>', 'ann@localhost'],
    ['<Postmaster>', 'Postmaster'],
    ['<ann>', 501],
    ['<@example.org>', 501],
    ['<ann@>', 501],
    ['<ann@@example.org>', 501],
    ['<.ann@example.org>', 501],
    ['<an..n@example.org>', 501],
    ['<an n@example.org>', 501],
    ['<ann@exam ple.org>', 501],
    ['<an\u0000n@example.org>', 501],
    ['<"an\u0007n"@example.org>', 501],
    ['<"ann@example.org>', 501],
    ['<ann@example.org', 501],
    ['ann@example.org', 501],
    ['', 501],
    [`<${'x'.repeat(800)}@example.org>`, `${'x'.repeat(800)}@example.org`],
    [`<${'x'.repeat(900)}@example.org>`, 501],
  ];
  for (const [path, wanted] of cases) {
    t.equal(read('TO', `TO:${path}`), wanted, path);
    t.equal(read('FROM', `From:${path}`), wanted, path);
  }
  t.equal(read('FROM', 'FROM:<>'), '');
  t.equal(read('TO', 'TO:<>'), 501);
  t.equal(read('FROM', 'TO:<ann@example.org>'), 501);
  t.equal(read('FROM', 'FROM <ann@example.org>'), 501);
});

await t.test('parameters', async (t) => {
  const found = parsePathArgument('FROM', 'FROM:<a@b.example> size=5 SMTPUTF8  X-y=z+3D');
  t.same('code' in found ? found.text : [...found.parameters], [
    ['SIZE', '5'],
    ['SMTPUTF8', null],
    ['X-Y', 'z+3D'],
  ]);
  for (const tail of ['x', ' =', ' a==b', ' a=', ' a=b=c', ' -a', ' ä=b']) {
    t.match(parsePathArgument('FROM', `FROM:<a@b.example>${tail}`), { code: 501, status: '5.5.4' }, tail);
  }
});

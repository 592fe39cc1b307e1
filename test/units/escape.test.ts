import t from 'tap';
import { argument, commandLine, literal, word } from '../../lib/units/escape.ts';

await t.test('a value that takes its line', async (t) => {
  t.equal(literal('/srv/my lists'), '/srv/my lists', 'blanks and quotes are plain');
  t.equal(literal('/srv/"100%"/%t'), '/srv/"100%%"/%%t');
  for (const text of ['/srv/a\nExecStart=/bin/sh', '/srv/\u0085', '/srv/a ', ' /srv', '/srv/a\\'])
    t.throws(() => literal(text), { status: 78, message: /unit file/ }, JSON.stringify(text));
});

await t.test('a word among others', async (t) => {
  t.equal(word('/var/spool/qrunner'), '/var/spool/qrunner');
  t.equal(word('-/srv/100%'), '-/srv/100%%');
  t.equal(word('/srv/a b'), '"/srv/a b"');
  t.equal(word('/srv/"q"\\'), '"/srv/\\"q\\"\\\\"');
  t.equal(word("/srv/it's"), '"/srv/it\'s"');
  t.equal(word('/srv/é'), '"/srv/é"');
  t.equal(word('/srv/end '), '"/srv/end "', 'quotes keep the blank');
  t.throws(() => word('a\tb'), /cannot write "\\"a\\tb/);
});

await t.test('a command line', async (t) => {
  t.equal(argument('/srv/$HOME'), '"/srv/$$HOME"');
  t.equal(commandLine(['/opt/$x/node', '--config', '/srv/a $b']), '"/opt/$x/node" --config "/srv/a $$b"');
});

import t from 'tap';
import { comment, unitText } from '../../lib/units/unit-text.ts';

await t.test('sections, lines, reasons', async (t) => {
  const text = unitText([
    ['Unit', [['Description', 'x'], null, ['StartLimitIntervalSec', '0', 'Because.']]],
    ['Install', [['WantedBy', 'a.target']]],
  ]);
  t.equal(
    text,
    '[Unit]\nDescription=x\n# Because.\nStartLimitIntervalSec=0\n\n[Install]\nWantedBy=a.target\n',
  );
});

await t.test('a comment keeps to its width', async (t) => {
  const lines = comment('word '.repeat(60).trim()).split('\n');
  t.equal(lines.length, 4);
  for (const line of lines) t.ok(line.startsWith('# word') && line.length <= 100, line);
  const long = 'x'.repeat(150);
  t.equal(comment(long), `# ${long}`, 'a word is never broken');
});

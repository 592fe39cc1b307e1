import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { affected } from '../../lib/bounce/affected.ts';
import { openBounceMessage } from '../../lib/bounce/bounce-message.ts';
import { DETECTORS } from '../../lib/bounce/detectors.ts';
import { read, root, sectionOf, tablesOf } from '../docs/source.ts';
import { readCorpus } from './corpus.ts';

await t.test('no detector takes a message from one behind it', async (t) => {
  let asked = 0;
  for (const { name, bytes, expected } of readCorpus()) {
    if (expected.kind !== 'bounce') continue;
    const { sender, member } = expected;
    const message = await openBounceMessage(bytes, { sender, member });
    const own = DETECTORS.findIndex((detector) => detector.name === expected.detector);
    for (const detector of DETECTORS.slice(0, own)) {
      const found = detector.detect(message);
      if (found !== null && affected(found, message).length > 0) t.fail(`${detector.name} takes ${name}`);
      asked++;
    }
  }
  t.ok(asked > 500, `${asked} times`);
});

await t.test('names are of their own, and only a report may come from anybody', async (t) => {
  t.equal(new Set(DETECTORS.map(({ name }) => name)).size, DETECTORS.length);
  t.same(
    DETECTORS.filter(({ anySender }) => anySender).map(({ name }) => name),
    ['dsn'],
  );
});

await t.test('the order of BOUNCES', async (t) => {
  const [rows = []] = tablesOf(sectionOf(read('docs/BOUNCES.md'), 'Who failed'));
  t.same(
    rows.map(([name]) => name),
    DETECTORS.map(({ name }) => name),
  );
});

await t.test('a detector is a file of its own', async (t) => {
  const files = readdirSync(join(root, 'lib/bounce'))
    .filter((file) => file.startsWith('detect-'))
    .map((file) => file.replace(/^detect-(.*)\.ts$/, '$1'));
  t.same(DETECTORS.map(({ name }) => name).sort(), files.sort());
});

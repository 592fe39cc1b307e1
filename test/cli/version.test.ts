import { readFileSync } from 'node:fs';
import t from 'tap';
import { VERSION } from '../../lib/cli/version.ts';

await t.test('the version is that of the package', async (t) => {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  t.match(JSON.parse(text), { version: VERSION });
});

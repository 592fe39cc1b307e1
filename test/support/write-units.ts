/** `npm run units`: writes the default units into systemd/, where packagers find them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateFiles } from '../../lib/units/generate.ts';
import { checkedInPath, defaultPlan } from './units-rig.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

for (const file of generateFiles(defaultPlan())) {
  const path = join(root, checkedInPath(file));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, file.text);
  console.log(path);
}

/** Links in the documents lead somewhere, and nothing in them is unfinished. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { markdownFiles, read, root } from './source.ts';

/** Without code, which has no links. */
function prose(markdown: string): string {
  return markdown
    .replace(/^```[\s\S]*?^```$/gm, '')
    .replace(/^ {4}.*$/gm, '')
    .replace(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ' '));
}

/** Anchors of the headings, as forges make them. */
function anchorsOf(markdown: string): Set<string> {
  const headings = [...markdown.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+ (.*)$/gm)];
  return new Set(
    headings.map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replace(/\s/g, '-'),
    ),
  );
}

await t.test('every link leads to a file and a heading', async (t) => {
  let count = 0;
  for (const file of markdownFiles()) {
    for (const [, target = ''] of prose(read(file)).matchAll(/\]\(([^)\s]+)\)/g)) {
      count++;
      if (/^https?:/.test(target)) continue;
      const [path = '', anchor] = target.split('#');
      const to = path === '' ? file : join(dirname(file), path);
      if (!existsSync(join(root, to))) t.fail(`${file}: no ${to}`);
      else if (anchor !== undefined && !anchorsOf(read(to)).has(anchor))
        t.fail(`${file}: no heading #${anchor} in ${to}`);
    }
  }
  t.ok(count > 20, 'links were found');
});

await t.test('every path of the source that is named is there', async (t) => {
  let count = 0;
  for (const file of markdownFiles()) {
    for (const [, path = ''] of read(file).matchAll(/`((?:lib|test|bench|bin)\/[\w./-]*[\w/])`/g)) {
      // NAME stands for a file that is to be written.
      if (path.includes('NAME')) continue;
      count++;
      if (!existsSync(join(root, path))) t.fail(`${file}: no ${path}`);
    }
  }
  t.ok(count > 20, 'paths were found');
});

await t.test('every document is named in the README', async (t) => {
  const readme = read('README.md');
  for (const file of markdownFiles()) if (file !== 'README.md') t.ok(readme.includes(`](${file})`), file);
});

await t.test('nothing is unfinished', async (t) => {
  for (const file of [...markdownFiles(), 'docs/man/qrunner.1', 'docs/man/qrunner.yaml.5']) {
    const found = /\b(?:TODO|FIXME|XXX|TBD|lorem ipsum)\b/i.exec(read(file));
    t.equal(found?.[0], undefined, file);
  }
});

// Brings node_modules and the build up to date, and does nothing when they are.
// Stamps: node_modules/.package-lock.json against package-lock.json; build/.stamp against every source.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('.', import.meta.url)));

const mtime = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);
const files = (dir) =>
  existsSync(dir)
    ? readdirSync(dir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
    : [];

// npm writes this file at the end of an install, so it is also the proof that one finished.
const installed = 'node_modules/.package-lock.json';
if (mtime(installed) < mtime('package-lock.json')) {
  console.error('qrunner: installing packages (npm ci)');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { stdio: ['ignore', 2, 2] });
}

const sources = [
  'build.mjs',
  'package.json',
  'tsconfig.json',
  installed,
  ...['bin', 'lib', 'test', 'bench'].flatMap(files).filter((file) => file.endsWith('.ts')),
];
// The list of names is part of the stamp, so that a removed file is noticed too.
const stamp = JSON.stringify(sources);
const stampFile = 'build/.stamp';
const stale =
  !existsSync(stampFile) ||
  readFileSync(stampFile, 'utf8') !== stamp ||
  Math.max(...sources.map(mtime)) > mtime(stampFile);

if (stale) {
  console.error('qrunner: building');
  rmSync('build', { recursive: true, force: true });
  const started = Date.now();
  execFileSync(process.execPath, ['node_modules/ts7/bin/tsc', '-p', '.'], { stdio: ['ignore', 2, 2] });
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({
    input: { qrunner: 'build/bin/qrunner.js' },
    platform: 'node',
    // Packages with a native part cannot be bundled; they are loaded from node_modules.
    external: ['fs-native-extensions', 'libsql'],
  });
  rmSync('dist', { recursive: true, force: true });
  await bundle.write({
    dir: 'dist',
    format: 'cjs',
    minify: true,
    sourcemap: true,
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name].cjs',
  });
  chmodSync('dist/qrunner.cjs', 0o755);
  mkdirSync('build', { recursive: true });
  // Dated back to the start: a source saved during the build makes the next one build again.
  writeFileSync(stampFile, stamp);
  const { utimesSync } = await import('node:fs');
  utimesSync(stampFile, started / 1000, started / 1000);
}

// Brings node_modules and the build up to date, and does nothing when they are.
// Stamps: node_modules/.package-lock.json against package-lock.json; build/.stamp against every source.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('.', import.meta.url)));

/** Runs a program whose output goes to standard error; ends the build when it fails. */
const run = (file, ...args) => {
  const { status, error } = spawnSync(file, args, { stdio: ['ignore', 2, 2] });
  if (error) console.error(`qrunner: cannot run ${file}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
};

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
  console.error('qrunner: installing packages');
  // Not `npm ci`: it refuses a lock file that lacks the packages of other platforms, and no registry must have them all.
  run('npm', 'install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error');
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
  run(process.execPath, 'node_modules/ts7/bin/tsc', '-p', '.');
  const { rolldown } = await import('rolldown');
  // commander asks for child_process at its start, for commands that are programs of their own; we have none, and
  // a run that finds nothing would pay 1.5 ms and 2 MB for it.
  const lazyChildProcess = {
    name: 'lazy-child-process',
    resolveId: (id, importer) =>
      /^(node:)?child_process$/.test(id) && importer?.includes('/commander/') ? '\0child_process' : null,
    load: (id) =>
      id === '\0child_process'
        ? "export const spawn = (...args) => process.getBuiltinModule('node:child_process').spawn(...args);"
        : null,
  };
  const bundle = await rolldown({
    input: { qrunner: 'build/bin/qrunner.js' },
    platform: 'node',
    plugins: [lazyChildProcess],
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
  // Dated back to the start: a source saved during the build makes the next one build again.
  writeFileSync(stampFile, stamp);
  utimesSync(stampFile, started / 1000, started / 1000);
}

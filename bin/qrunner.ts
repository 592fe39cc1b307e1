#!/usr/bin/env node
import { processIo } from '../lib/cli/io.ts';
/** The street door: hands the command line to lib/cli and sets the exit status. */
import { main } from '../lib/cli/main.ts';

void main(process.argv.slice(2), processIo()).then((status) => {
  process.exitCode = status;
});

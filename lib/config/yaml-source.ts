/**
 * A YAML file as plain data, with the place of every key and value in it.
 *
 * Promises: what is wrong with the file or its syntax is a value, never thrown; a position exists for every
 * path, if only that of the nearest mapping around it. Loads the yaml package, so load this file lazily.
 */
import { readFile } from 'node:fs/promises';
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';
import { errorCode, errorText } from '../base/errors.ts';
import { fileProblem, type Objection, type Problem, show } from './problem.ts';

/** Keys and indexes from the root down. */
export type KeyPath = readonly (string | number)[];

/** A file that was read, well or badly. */
export type Source = {
  readonly file: string;
  /** Its data, as far as it could be read; `null` for an empty file. */
  readonly data: unknown;
  /** Of reading and of syntax. */
  readonly problems: readonly Problem[];
  /** False when `data` is too uncertain to be judged: a check of it would tell of mistakes nobody made. */
  readonly sound: boolean;
  /** A problem at a key or value of this file. */
  readonly problem: (keys: KeyPath, part: 'key' | 'value', objection: Objection) => Problem;
};

/** `transport.type`, `owners[0]`. */
function spell(keys: KeyPath): string {
  return keys
    .map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i === 0 ? '' : '.'}${key}`))
    .join('');
}

/** What to do about an error of the YAML parser, by its code. */
const SYNTAX_FIXES: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'keep one of the two and remove the other',
  TAB_AS_INDENT: 'indent with blanks',
  BAD_INDENT: 'give all keys of one mapping the same number of blanks before them',
  BAD_SCALAR_START: 'put the value into quotes',
  BLOCK_AS_IMPLICIT_KEY: 'put a value that holds ": " into quotes, or indent what belongs below a key',
  MULTILINE_IMPLICIT_KEY: 'write "key: value" on a line of its own',
  MISSING_CHAR: 'add what is missing',
  MULTIPLE_DOCS: 'remove the line "---" and what follows it',
  TAG_RESOLVE_FAILED: 'remove the word that begins with "!", or put the value into quotes',
};

/** What to do about a file that cannot be read. */
const READ_FIXES: Readonly<Record<string, string>> = {
  ENOENT: 'create it, or name another file',
  EACCES: 'give the user that runs qrunner the right to read it',
  EISDIR: 'put a file in its place',
};

/** Names that are dangerous as keys of an object; valibot passes over them in silence. */
const FORBIDDEN = ['__proto__', 'prototype', 'constructor'];

/** The alias that stands for nothing, when there is one. */
function loneAlias(document: Document.Parsed): Alias | null {
  let found: Alias | null = null;
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      found = alias;
      return visit.BREAK;
    },
  });
  return found;
}

/** Where `keys` lead: offsets of the last key and of its value; `null` when the file has no such key. */
function locate(document: Document.Parsed, keys: KeyPath): { key: number; value: number } | null {
  let node: unknown = document.contents;
  let found = { key: 0, value: 0 };
  for (const key of keys) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      // The last of two equal keys is the one whose value counts.
      const pair = node.items.findLast(
        (item) => isScalar(item.key) && String(item.key.value) === String(key),
      );
      if (!pair || !isScalar(pair.key)) return null;
      const start = pair.key.range?.[0] ?? found.key;
      // A scalar without source (`key:` and nothing more) has no place of its own.
      const empty = isScalar(pair.value) && (pair.value.source ?? '') === '' && pair.value.type === 'PLAIN';
      found = { key: start, value: empty ? start : ((pair.value as Node | null)?.range?.[0] ?? start) };
      node = pair.value;
    } else if (isSeq(node) && typeof key === 'number') {
      const item: unknown = node.items[key];
      const start = (item as Node | undefined)?.range?.[0];
      if (start === undefined) return null;
      found = { key: start, value: start };
      node = item;
    } else {
      return null;
    }
  }
  return found;
}

/** The path of the key that begins at `offset`; `''` when none does. */
function pathAt(node: unknown, offset: number, keys: KeyPath = []): string {
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      if (!isScalar(key)) continue;
      const here = [...keys, String(key.value)];
      const path = key.range?.[0] === offset ? spell(here) : pathAt(value, offset, here);
      if (path !== '') return path;
    }
  } else if (isSeq(node)) {
    for (const [i, item] of node.items.entries()) {
      const path = pathAt(item, offset, [...keys, i]);
      if (path !== '') return path;
    }
  }
  return '';
}

/** Reads `text` as the contents of `file`. */
export function parseSource(file: string, text: string): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems: Problem[] = [];
  let sound = true;
  const complain = (offset: number, path: string, { message, fix }: Objection) => {
    const { line, col } = lines.linePos(offset);
    problems.push({ file, line, column: col, path, message, fix });
  };
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    const line = text.split('\n')[lines.linePos(pos[0]).line - 1]?.trim() ?? '';
    const what = code === 'DUPLICATE_KEY' ? 'this key stands here twice' : `not valid YAML: ${message}`;
    // Below broken syntax no key can be relied on.
    complain(pos[0], code === 'DUPLICATE_KEY' ? pathAt(document.contents, pos[0]) : '', {
      message: `found ${show(line)}, ${what}`,
      fix: SYNTAX_FIXES[code] ?? 'correct the line',
    });
    if (code !== 'DUPLICATE_KEY') sound = false;
  }
  visit(document, {
    Pair(_key, { key }) {
      if (!isScalar(key) || !FORBIDDEN.includes(String(key.value))) return;
      const message = `found the key ${show(key.value)}, which cannot be used`;
      complain(key.range?.[0] ?? 0, pathAt(document.contents, key.range?.[0] ?? 0), {
        message,
        fix: 'choose another name, or remove it',
      });
    },
  });
  let data: unknown = null;
  try {
    data = document.toJS();
  } catch (error) {
    // An alias without its anchor, or so many of them that they would fill the memory.
    const offset = loneAlias(document)?.range?.[0] ?? 0;
    complain(offset, '', {
      message: `not valid YAML: ${errorText(error)}`,
      fix: 'write the value itself in place of the *alias',
    });
    sound = false;
  }
  return {
    file,
    data,
    problems,
    sound,
    problem: (keys, part, { message, fix }) => {
      let { line, col } = { line: 1, col: 1 };
      const place = locate(document, keys);
      if (place) {
        ({ line, col } = lines.linePos(place[part]));
      } else {
        // A key that is missing: the key of the mapping that lacks it, or the file.
        const around = keys.slice(0, -1);
        const outer = around.length > 0 ? locate(document, around) : null;
        if (outer) ({ line, col } = lines.linePos(outer.key));
      }
      return { file, line, column: col, path: spell(keys), message, fix };
    },
  };
}

/** Reads a YAML file. A file that is not there, cannot be read or is not UTF-8 is a problem at its head. */
export async function readSource(file: string): Promise<Source> {
  let objection: Objection;
  try {
    const bytes = await readFile(file);
    return parseSource(file, new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    const code = errorCode(error) ?? '';
    objection =
      code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
        ? { message: 'found bytes that are not UTF-8', fix: 'save the file as UTF-8' }
        : {
            message: `cannot be read: ${errorText(error)}`,
            fix: READ_FIXES[code] ?? 'make the file readable',
          };
  }
  const empty = parseSource(file, '');
  return { ...empty, problems: [fileProblem(file, objection)], sound: false };
}

/**
 * The name of a list's file decides its address: `NAME.yaml` in the site's domain, `NAME@DOMAIN.yaml` in
 * another. Pure.
 */
import { parseDomain } from './address.ts';
import { type Objection, show } from './problem.ts';

/** What follows a list's name in its other addresses; so no name may end in one. */
export const LIST_SUFFIXES = [
  '-request',
  '-owner',
  '-bounces',
  '-join',
  '-leave',
  '-confirm',
  '-subscribe',
  '-unsubscribe',
  '-admin',
] as const;

/** RFC 5321, 4.5.3.1.1 allows a local part 64 characters; the longest suffix needs 12 of them. */
const LONGEST_NAME = 64 - '-unsubscribe'.length;

/** What is wrong with `name` as the local part of a list, or `null`. */
export function listNameMistake(name: string): Objection | null {
  if (!/^[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9_-]+)*$/.test(name)) {
    return {
      message:
        `found ${show(name)} as the name of a list, wanted a letter or digit, ` +
        'then letters, digits, "_", "-" and single dots, lower case',
      fix: 'rename the list',
    };
  }
  if (name.length > LONGEST_NAME) {
    return {
      message: `found ${show(name)} as the name of a list, ${name.length} characters, wanted at most ${LONGEST_NAME}`,
      fix: 'rename the list; its other addresses, such as -unsubscribe, need the rest of the 64',
    };
  }
  const suffix = LIST_SUFFIXES.find((ending) => name.endsWith(ending));
  if (suffix === undefined) return null;
  return {
    message:
      `found ${show(name)} as the name of a list, but what ends in "${suffix}" is mail ` +
      `for the list ${show(name.slice(0, -suffix.length))}, never a post`,
    fix: `rename the list to something that does not end in ${suffix}`,
  };
}

/** Whom a list's file is for, or what is wrong with its name. `fileName` is without the directory. */
export function parseListFileName(
  fileName: string,
  siteDomain: string,
): { readonly name: string; readonly domain: string } | Objection {
  const stem = fileName.replace(/\.ya?ml$/i, '');
  const at = stem.indexOf('@');
  const name = at < 0 ? stem : stem.slice(0, at);
  if (!fileName.endsWith('.yaml')) {
    return {
      message: `found the file name ${show(fileName)}, wanted one that ends in .yaml`,
      fix: `rename it to ${stem.toLowerCase()}.yaml`,
    };
  }
  if (stem !== stem.toLowerCase() && listNameMistake(name.toLowerCase()) === null) {
    return {
      message: `found the file name ${show(fileName)}, wanted lower case`,
      fix: `rename it to ${stem.toLowerCase()}.yaml`,
    };
  }
  const mistake = listNameMistake(name);
  if (mistake !== null) return mistake;
  if (at < 0) return { name, domain: siteDomain };
  const written = stem.slice(at + 1);
  const domain = parseDomain(written);
  if (domain === written) return { name, domain };
  return {
    message: `found the file name ${show(fileName)}, wanted a domain such as lists.example.org after the @`,
    fix: domain === null ? 'rename the file' : `rename it to ${name}@${domain}.yaml`,
  };
}

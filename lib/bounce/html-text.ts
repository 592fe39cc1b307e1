/**
 * The text of an HTML part, for notices that have no other. Not for showing: scripts are nothing to us, tags go,
 * what begins a block begins a line. Never fails; linear in its input.
 */

const ENTITIES: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

function decodeEntity(whole: string, name: string): string {
  if (!name.startsWith('#')) return ENTITIES[name.toLowerCase()] ?? whole;
  const hex = /^#x/i.test(name);
  const code = Number.parseInt(name.slice(hex ? 2 : 1), hex ? 16 : 10);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
}

/** `html` as lines of text. */
export function htmlText(html: string): string {
  return html
    .replace(/\s{1,100}/g, ' ')
    .replace(/<(?:br|\/?p|\/?div|\/?tr|\/?li|\/?h[1-6]|hr|\/?table)\b[^<>]{0,1000}>/gi, '\n')
    .replace(/<[a-z!/][^<>]{0,1000}>/gi, '')
    .replace(/&(#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,6});/gi, decodeEntity);
}

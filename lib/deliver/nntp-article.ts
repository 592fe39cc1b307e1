/** An article as it goes over the wire, RFC 3977 section 3.1.1. Pure. */

/**
 * `article` with CRLF line ends (a bare CR or LF becomes one), each dot that begins a line doubled, and the line
 * with a single dot that ends it. Other bytes are unchanged; an article has no NUL by RFC 3977 section 3.6, which
 * is for the server to say.
 */
export function articleOnWire(article: Buffer): Buffer {
  const text = article.toString('latin1').replace(/\r\n|\r|\n/g, '\r\n');
  const closed = text.endsWith('\r\n') ? text : `${text}\r\n`;
  const stuffed = closed.replace(/\r\n\./g, '\r\n..');
  return Buffer.from(`${stuffed.startsWith('.') ? '.' : ''}${stuffed}.\r\n`, 'latin1');
}

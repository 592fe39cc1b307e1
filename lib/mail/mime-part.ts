/**
 * Parts for the messages we write ourselves: text in lines of CR LF that passes any mail server.
 * Pure and deterministic: the same arguments give the same bytes.
 */

/** Longest line, bytes without its end (RFC 5322 section 2.1.1). */
const LINE_LIMIT = 998;

/**
 * `bytes` with every line ended by CR LF (a lone CR counts as an end, since servers differ in reading it).
 */
export function toCrLf(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1').replace(/\r\n|\r|\n/g, '\r\n');
  return Buffer.from(text === '' || text.endsWith('\r\n') ? text : `${text}\r\n`, 'latin1');
}

/** Whether `bytes` may travel as 7bit (RFC 2045 section 2.7): ASCII without NUL, no line too long. */
export function isSevenBit(bytes: Buffer): boolean {
  const text = bytes.toString('latin1');
  return (
    bytes.every((byte) => byte > 0 && byte < 0x80) &&
    text.split(/\r?\n/).every((line) => line.length <= LINE_LIMIT)
  );
}

/** A part of the given type: 7bit when it can be, else base64. Ends with CR LF. */
export function mimePart(type: string, content: Buffer): Buffer {
  const lines = toCrLf(content);
  const sevenBit = isSevenBit(lines);
  const encoded = sevenBit
    ? lines.toString('latin1')
    : lines.toString('base64').replace(/.{1,76}/g, '$&\r\n');
  const fields = `Content-Type: ${type}\r\nContent-Transfer-Encoding: ${sevenBit ? '7bit' : 'base64'}\r\n`;
  return Buffer.from(`${fields}\r\n${encoded}`, 'latin1');
}

/** `wanted`, made a valid boundary (RFC 2046 section 5.1.1) that occurs in none of the parts. */
export function fitBoundary(wanted: string, parts: readonly Buffer[]): string {
  let boundary = wanted.replace(/[^A-Za-z0-9'+_.-]/g, '-').slice(0, 40) || 'part';
  for (let count = 0; parts.some((part) => part.includes(`--${boundary}`)); count++)
    boundary = `${boundary.slice(0, 40)}-${count}`;
  return boundary;
}

/** The body of a multipart message. */
export function multipartBody(boundary: string, parts: readonly Buffer[]): Buffer {
  const delimiter = Buffer.from(`--${boundary}\r\n`);
  const pieces = parts.flatMap((part) => [delimiter, part, Buffer.from('\r\n')]);
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
}

/** The bytes of a file as a write(2) or a truncation leaves them, also when only some of a write came through. */

/** After a write of `share` of the bytes at offset `at`; without bytes, after the file was cut to the length `at`. */
export function written(
  before: Buffer = Buffer.alloc(0),
  { at, bytes }: { readonly at: number; readonly bytes: Buffer | null },
  share: number,
): Buffer {
  if (bytes === null)
    return Buffer.concat([before.subarray(0, at), Buffer.alloc(Math.max(0, at - before.length))]);
  const kept = bytes.subarray(0, Math.ceil(bytes.length * share));
  const after = Buffer.alloc(Math.max(before.length, at + kept.length));
  before.copy(after);
  kept.copy(after, at);
  return after;
}

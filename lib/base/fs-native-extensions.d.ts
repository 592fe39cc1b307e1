declare module 'fs-native-extensions' {
  /** OFD lock of a byte range of an open file; false when another open file description holds part of it. */
  export function tryLock(
    fd: number,
    offset: number,
    length: number,
    options?: { shared?: boolean },
  ): boolean;
  /** Gives a locked range back; closing the descriptor does the same. */
  export function unlock(fd: number, offset: number, length: number): void;
}

/** Dates as they stand in a message. */

/** `Mon, 23 Nov 2026 08:04:00 +0000` (RFC 5322 section 3.3), always in UTC. */
export function mailDate(date: Date): string {
  return date.toUTCString().replace(/GMT$/, '+0000');
}

/** What a server offers: its reply to EHLO or LHLO (RFC 5321 section 4.1.1.1). */

/** The extensions of a server. */
export type SmtpExtensions = {
  /** True when `keyword` (`SMTPUTF8`, in capitals) was offered. */
  readonly has: (keyword: string) => boolean;
  /** The words behind a keyword, in capitals; none when it was not offered. */
  readonly parameters: (keyword: string) => readonly string[];
  /** The largest message it says it takes (RFC 1870), bytes; `null` when it names none. */
  readonly maxSize: number | null;
};

/** Reads the reply to EHLO; of any other reply, no extensions. */
export function smtpExtensions(reply: string): SmtpExtensions {
  const offered = new Map<string, readonly string[]>();
  for (const line of reply.split('\r\n').slice(1)) {
    // `AUTH=PLAIN` is how it was written before RFC 2554, and some servers still say both.
    const [keyword = '', ...words] = line
      .slice(4)
      .toUpperCase()
      .split(/[\s=]+/);
    offered.set(keyword, [...(offered.get(keyword) ?? []), ...words]);
  }
  const size = offered.get('SIZE')?.[0] ?? '';
  return {
    has: (keyword) => offered.has(keyword),
    parameters: (keyword) => offered.get(keyword) ?? [],
    // 0 is how a server says that it has no limit of its own.
    maxSize: /^[1-9]\d{0,15}$/.test(size) ? Number(size) : null,
  };
}

/** The other side of a connection. */
export type SmtpServer = {
  /** For people. */
  readonly name: string;
  /** One reply per recipient to a message. */
  readonly lmtp: boolean;
  readonly offered: SmtpExtensions;
  /** Whether it is told what notifications are wanted. */
  readonly dsn: boolean;
  /** The lines that began the conversation. */
  readonly beginning: readonly string[];
};

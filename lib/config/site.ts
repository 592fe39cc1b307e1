/** The site: what qrunner.yaml says, checked and with defaults filled in. Paths are absolute, times in milliseconds. */

import type { BounceSettings } from './bounce-settings.ts';
import type { Schedule } from './schedule.ts';
import type { SystemdSettings } from './systemd-settings.ts';

/** Where a site's mail lies when qrunner.yaml does not say (Filesystem Hierarchy Standard, 5.14). */
export const DEFAULT_SPOOL = '/var/spool/qrunner';

/** Where a site's members and tokens lie when qrunner.yaml does not say (Filesystem Hierarchy Standard, 5.8). */
export const DEFAULT_STATE = '/var/lib/qrunner';

/** A user and where his password lies; the password itself is never in the configuration. */
export type Credentials = {
  readonly user: string;
  /** The absolute path of a file, or `credential:NAME` for what systemd hands to the service. */
  readonly passwordFile: string;
};

/** The patience for each step of an SMTP or LMTP connection, milliseconds (RFC 5321 section 4.5.3.2). */
export type SmtpTimeouts = {
  /** The connection itself. */
  readonly connectMs: number;
  readonly greetingMs: number;
  /** The reply to EHLO or LHLO, STARTTLS, and each step of AUTH. */
  readonly helloMs: number;
  readonly mailMs: number;
  readonly rcptMs: number;
  /** The reply to DATA. */
  readonly dataMs: number;
  /** Until the server takes some more of the message. */
  readonly blockMs: number;
  /** The reply to the whole message. */
  readonly finalMs: number;
  readonly quitMs: number;
};

/** What holds for each way out but Maildirs: how much goes there at once, and when. */
export type DestinationSettings = {
  /** Connections to one destination at a time; for `sendmail`, commands. */
  readonly connections: number;
  /** Recipients of one transaction. */
  readonly recipients: number;
  /** Larger messages are not sent there, bytes; `null` for no such limit. */
  readonly messageSize: number | null;
  /** Mail goes there in these times only; `null` for always. */
  readonly schedule: Schedule | null;
};

/** What SMTP and LMTP have in common, to a server that is named and to the mail servers of a domain. */
export type RelaySettings = DestinationSettings & {
  /** STARTTLS: never; when offered (certificate not checked); always with a checked certificate; or TLS from the first byte. */
  readonly tls: 'never' | 'opportunistic' | 'required' | 'implicit';
  /** Submission credentials; `null` for `mx`. */
  readonly auth: Credentials | null;
  readonly timeouts: SmtpTimeouts;
  /** Asks for delivery status notifications where the server offers them (RFC 3461). */
  readonly dsn: boolean;
};

/** A Maildir per recipient, `path/ADDRESS/`: the embedded default, for trying out and for tests. */
export type MaildirSettings = { readonly type: 'maildir'; readonly path: string };

/** One server. */
export type ServerSettings = RelaySettings & {
  /** `smtp`: one reply after DATA; `lmtp` (RFC 2033): one per recipient. */
  readonly type: 'smtp' | 'lmtp';
  readonly host: string;
  readonly port: number;
  /** Path of a UNIX socket instead of host and port, or `null`. */
  readonly socket: string | null;
};

/** The mail servers of each recipient's domain (RFC 5321 section 5.1). */
export type MxSettings = RelaySettings & {
  readonly type: 'mx';
  readonly port: number;
  /** Which addresses of a mail server are used. */
  readonly family: 'both' | 'ipv4' | 'ipv6';
  /** Name servers, `192.0.2.1` or `192.0.2.1:5353`; none: the system's. */
  readonly dns: readonly string[];
};

/** A command that takes mail as sendmail does. */
export type SendmailSettings = DestinationSettings & {
  readonly type: 'sendmail';
  /** Absolute path and first arguments. No shell. */
  readonly command: readonly string[];
  readonly timeoutMs: number;
};

/** Where mail for members goes. */
export type TransportSettings = MaildirSettings | ServerSettings | MxSettings | SendmailSettings;

/** When mail that failed for a time is tried again. */
export type RetrySettings = {
  /** First delay and the longest one, milliseconds. */
  readonly firstMs: number;
  readonly maxMs: number;
  /** Age at which a recipient is given up, milliseconds after the first failure. */
  readonly giveUpMs: number;
  /** Age at which owners are told, once, that a recipient still waits; `null` for never. */
  readonly warnMs: number | null;
};

/** A queue of the user's own. */
export type UserQueue =
  /** A command: message on standard input, metadata in QRUNNER_*, the verdict by exit status. No shell. */
  | { readonly kind: 'exec'; readonly command: readonly string[]; readonly timeoutMs: number }
  /** A JavaScript module that exports `run` (and `close`) by the contract of our own runners. */
  | { readonly kind: 'module'; readonly path: string };

/** The news server that gatewayed lists are posted to. */
export type NewsSettings = {
  readonly host: string;
  readonly port: number;
  /** In the clear, or TLS with a checked certificate from the first byte (RFC 8143). */
  readonly tls: 'never' | 'implicit';
  readonly auth: Credentials | null;
  /** Patience for one reply, milliseconds. */
  readonly timeoutMs: number;
};

/** The whole site. */
export type Site = {
  /** The qrunner.yaml it was read from, absolute. */
  readonly file: string;
  /** Domain of lists that do not name one; lower case, IDN in its ASCII form. */
  readonly domain: string;
  /** Address of the person who runs the site. */
  readonly owner: string;
  readonly spool: string;
  readonly state: string;
  /** Directory of the lists' files. */
  readonly lists: string;
  /** Directory that holds one Maildir per list. */
  readonly archive: string;
  readonly transport: TransportSettings;
  /**
   * Other ways for some domains: by domain (lower case, ASCII), or by `.example.org` for all below example.org.
   * lib/deliver/route-for.ts looks in here.
   */
  readonly routes: Readonly<Record<string, TransportSettings>>;
  readonly news: NewsSettings | null;
  readonly limits: {
    /** Largest message taken in, bytes. */
    readonly messageSize: number;
    /** Recipients of one transaction, where a transport does not say. */
    readonly recipients: number;
    /** Connections that deliver at a time, to all destinations together. */
    readonly connections: number;
    /** Failures of a runner on one entry before it is shunted. */
    readonly failures: number;
  };
  readonly retry: RetrySettings;
  /** For lists that say nothing else. */
  readonly bounces: BounceSettings;
  /** How long entries are kept where a person decides about them, milliseconds; `null`: for ever. */
  readonly retention: {
    readonly shunt: number | null;
    readonly bad: number | null;
    readonly held: number | null;
  };
  readonly queues: Readonly<Record<string, UserQueue>>;
  readonly systemd: SystemdSettings;
};

/** What is done with a post. */
export const POSTING_ACTIONS = ['accept', 'hold', 'reject', 'discard'] as const;

/** One of {@link POSTING_ACTIONS}. */
export type PostingAction = (typeof POSTING_ACTIONS)[number];

/**
 * Whether each recipient gets a reverse-path of his own, so that any bounce names him: `never`, `always`, or for one
 * post in so many.
 */
export type Verp = 'never' | 'always' | { readonly every: number };

/** One list: what its YAML file says, checked and with defaults filled in. */
export type ListSettings = {
  /** The YAML file it was read from, absolute. */
  readonly file: string;
  /** Local part of the posting address. */
  readonly name: string;
  readonly domain: string;
  /** Posting address, lower case: the list's identity everywhere. */
  readonly address: string;
  readonly description: string;
  readonly owners: readonly string[];
  /** Put before the Subject of posts; `''` for none. */
  readonly subjectPrefix: string;
  readonly posting: { readonly members: PostingAction; readonly nonmembers: PostingAction };
  /** `confirm`: anybody may ask, a token confirms; `closed`: only owners add members. */
  readonly subscribe: 'confirm' | 'closed';
  /** Who may ask for the roster by mail. */
  readonly roster: 'members' | 'owners';
  /** Where Reply-To points: left as the author wrote it, or to the list. */
  readonly replyTo: 'author' | 'list';
  /** Largest post, bytes; the site's limit when the file does not say. */
  readonly messageSize: number;
  readonly archive: boolean;
  /** Address of the archive on the web for List-Archive, or `null`. */
  readonly archiveUrl: string | null;
  readonly verp: Verp;
  /** The site's, where the file does not say otherwise. */
  readonly retry: RetrySettings;
  /** What a bounce counts and leads to. */
  readonly bounces: BounceSettings;
  /** Newsgroup that accepted posts go to, or `null`. */
  readonly newsgroup: string | null;
  /** The user's own queues that get a copy of each accepted post. */
  readonly copyTo: readonly string[];
};

/** Everything the configuration says. */
export type Configuration = {
  readonly site: Site;
  /** Lists by posting address. */
  readonly lists: ReadonlyMap<string, ListSettings>;
};

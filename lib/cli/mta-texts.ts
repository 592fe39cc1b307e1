/**
 * What a mail server is told about a site's lists, as text: Postfix, Exim, OpenSMTPD. Pure.
 * docs/MTA.md explains it; test/system/ tries the text for Postfix on a real one.
 */
import type { Configuration } from '../config/site.ts';
import { escaped, listDomains, localPattern } from './mta-addresses.ts';

/** Mail handed over by LMTP. */
export type LmtpHandover = {
  readonly kind: 'lmtp';
  /** Path of the socket. */
  readonly socket: string;
  /** Who runs the lists. */
  readonly user: string;
};

/** Mail handed over by a pipe, one start of a program for each. */
export type PipeHandover = {
  readonly kind: 'pipe';
  /** The words of the command before its arguments. */
  readonly command: readonly string[];
  /** Who runs it. */
  readonly user: string;
};

/** What can be printed: the settings, or the table of addresses they name. */
export type MtaText = { readonly settings: string; readonly table: string };

/** Recipients of one transaction: Postfix's own default, and below our limit. */
const RECIPIENTS = 50;

/** Where the table is kept; what the settings say. */
const TABLE = {
  postfix: '/etc/postfix/qrunner',
  exim: '/etc/exim4/qrunner',
  opensmtpd: '/etc/qrunner/opensmtpd-recipients',
};

/** For Postfix: a regexp table that says both which addresses exist and where they go. */
export function postfixText(configuration: Configuration, handover: LmtpHandover | PipeHandover): MtaText {
  const destination = handover.kind === 'lmtp' ? `qrunner:unix:${handover.socket}` : 'qrunner:';
  const rows = [...configuration.lists.values()].map(
    (list) => `/^${localPattern(list)}@${escaped(list.domain)}$/  ${destination}\n`,
  );
  const service =
    handover.kind === 'lmtp'
      ? 'qrunner   unix  -       -       n       -       -       lmtp\n'
      : `qrunner   unix  -       n       n       -       4       pipe
    flags=Rq user=${handover.user} null_sender=
    argv=${handover.command.join(' ')} inject --sender \${sender} -- \${recipient}\n`;
  const limit = handover.kind === 'lmtp' ? RECIPIENTS : 1;
  return {
    settings: `# /etc/postfix/main.cf: the domains must not stand in mydestination or virtual_alias_domains as well.
relay_domains = ${listDomains(configuration).join(', ')}
relay_recipient_maps = regexp:${TABLE.postfix}
transport_maps = regexp:${TABLE.postfix}
qrunner_destination_recipient_limit = ${limit}

# /etc/postfix/master.cf: a service of its own, not in a chroot, where the socket could not be seen.
${service}
# ${TABLE.postfix}: qrunner mta postfix --table ${handover.kind === 'lmtp' ? `--socket ${handover.socket}` : '--pipe'}
`,
    table: rows.join(''),
  };
}

/** For Exim: a router that looks the address up in a file of patterns, and a transport. */
export function eximText(configuration: Configuration, { socket }: LmtpHandover): MtaText {
  const rows = [...configuration.lists.values()].map(
    (list) => `^${localPattern(list)}@${escaped(list.domain)}$ yes\n`,
  );
  return {
    settings: `# Above "begin acl"; put +qrunner_domains into relay_to_domains:
domainlist qrunner_domains = ${listDomains(configuration).join(' : ')}

# In "begin routers", as the first one:
qrunner:
  driver = accept
  domains = +qrunner_domains
  condition = \${lookup{$local_part@$domain}nwildlsearch{${TABLE.exim}}{yes}{no}}
  transport = qrunner

# In "begin transports":
qrunner:
  driver = lmtp
  socket = ${socket}
  batch_max = ${RECIPIENTS}

# ${TABLE.exim}: qrunner mta exim --table
`,
    table: rows.join(''),
  };
}

/** For OpenSMTPD: a table of regular expressions for the recipients, and an action; `user` must exist on the host. */
export function opensmtpdText(configuration: Configuration, { socket, user }: LmtpHandover): MtaText {
  const rows = [...configuration.lists.values()].map(
    (list) => `^${localPattern(list)}@${escaped(list.domain)}$\n`,
  );
  return {
    settings: `# /etc/smtpd.conf: the match above others for the same domains.
table qrunner file:${TABLE.opensmtpd}
action "qrunner" lmtp "${socket}" rcpt-to virtual { "@" = "${user}" }
match from any for rcpt-to regex <qrunner> action "qrunner"

# ${TABLE.opensmtpd}: qrunner mta opensmtpd --table
`,
    table: rows.join(''),
  };
}

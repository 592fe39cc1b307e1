/**
 * The texts of new files: a qrunner.yaml for `init`, a list's YAML for `list create`. Pure; loads no package.
 *
 * Promises: each checks without a problem once the directories and files it names exist, whatever text is put
 * in. A line that begins with `#` and a blank is prose; one that begins with `#` and something else, or `#` and
 * two blanks, is a setting with its default or an example, in force once the `#` is gone.
 */
import { QUEUES } from './queue-names.ts';
import { DEFAULT_SPOOL, DEFAULT_STATE } from './site.ts';

/** What a new site is told. */
export type SiteAnswers = {
  readonly domain: string;
  /** Address of the person who runs it. */
  readonly owner: string;
  /** Directories; relative ones count from the directory of qrunner.yaml. */
  readonly spool: string;
  readonly state: string;
  /** The default is Maildirs below `state`. */
  readonly transport?:
    | { readonly type: 'maildir' }
    | { readonly type: 'smtp' | 'lmtp'; readonly host: string; readonly port?: number }
    | { readonly type: 'smtp' | 'lmtp'; readonly socket: string };
};

/** What a new list is told. */
export type ListAnswers = {
  /** At least one address. */
  readonly owners: readonly string[];
  readonly description: string;
};

/** Text as YAML: plain where that is safe beyond doubt, else in double quotes, where YAML 1.2 reads JSON. */
export function yamlText(text: string): string {
  const plain = /^[A-Za-z/][A-Za-z0-9._/+-]*(@[A-Za-z0-9.-]+)?$/.test(text);
  if (plain && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text)) return text;
  return JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029\ufeff]/g, (c) => {
    return `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** The section `transport`. */
function transportLines(transport: SiteAnswers['transport'] = { type: 'maildir' }): string {
  if (transport.type === 'maildir') return '  type: maildir';
  const lines = [`  type: ${transport.type}`];
  if ('socket' in transport) return [...lines, `  socket: ${yamlText(transport.socket)}`].join('\n');
  lines.push(`  host: ${yamlText(transport.host)}`);
  if (transport.port !== undefined) lines.push(`  port: ${transport.port}`);
  return lines.join('\n');
}

/** The text of a new qrunner.yaml. */
export function starterSite({ domain, owner, spool, state, transport }: SiteAnswers): string {
  return `# The site: one file for everything that is not said per list. Lists have files of their own in lists/.
# A key behind "#" is switched off and shows the default or an example. After a change: qrunner check
# Times are numbers with units (90s, 5m, 4h, 5d), sizes likewise (40KB, 25MB). A relative path counts from the
# directory of this file.

# The domain of the lists' addresses: lists/NAME.yaml is NAME@${domain.replace(/\p{Cc}/gu, ' ')}.
domain: ${yamlText(domain)}

# The person who runs the site: told of what nobody else can be told of.
owner: ${yamlText(owner)}

# Mail on its way. On a local disk, and one of its own where much mail is expected (default ${DEFAULT_SPOOL}).
spool: ${yamlText(spool)}

# Members, bounces, tokens: what must be in the backup (default ${DEFAULT_STATE}).
state: ${yamlText(state)}

# The directory of the lists' files.
#lists: lists

# One Maildir per list. Elsewhere when it grows large.
#archive: ${yamlText(`${state}/archive`)}

# Where mail for members goes. maildir: a directory per member, to try things out without a mail server.
# smtp: to a mail server. lmtp: the same with one answer per member (RFC 2033). mx: to the mail servers of each
# member's domain, without a mail server of one's own. sendmail: to a command that takes mail as sendmail does.
transport:
${transportLines(transport)}

# For example, a mail server elsewhere that wants a password. The file holds only the password, mode 0600.
# With a password, tls must be required or implicit. A socket: PATH stands in place of host and port.
#transport:
#  type: smtp
#  host: mail.example.org
#  port: 587
#  tls: required
#  auth: { user: lists, password_file: smtp-password }
#  connections: 4
#  message_size: 10MB
#  timeouts: { connect: 30s, greeting: 5m, hello: 5m, mail: 5m, rcpt: 5m, data: 2m, block: 3m, final: 10m, quit: 2s }
# Notices of delivery from servers that offer them (RFC 3461).
#  dsn: true

# Another way for some domains. ".intern.example" is for all below intern.example. Each has the keys of transport. With
# a schedule, mail waits for these times.
#routes:
#  partner.example: { type: smtp, host: mail.partner.example, schedule: ["22:00-06:00", "sat-sun 00:00-24:00"] }
#  .intern.example: { type: lmtp, socket: /run/intern/lmtp.sock }

# What is taken in, and when a message that breaks its queue is set aside for a person to look at.
#limits:
#  message_size: 50MB
# Recipients of one transaction; a mail server must take 100 (RFC 5321).
#  recipients: 100
# Connections that deliver at a time, to all servers together.
#  connections: 20
#  failures: 12

# When delivery is tried again: first after 5 minutes, then doubling up to 4 hours. After 5 days it counts as
# a bounce (RFC 5321 asks for four or five). With warn: 1d, owners are told once when a member waits that long.
#retry:
#  first: 5m
#  max: 4h
#  give_up: 5d
#  warn: never

# What was set aside for a person is kept until somebody sees to it. With a time, "qrunner cull" removes what is older.
#retention:
#  shunt: 90d
#  bad: 90d
#  held: 90d

# What bounces lead to; a list can say otherwise for itself. Each day with a bounce adds the weight of its class. At the
# threshold a probe is sent, and when that comes back, too, delivery stops. Warnings follow, then the member is removed.
#bounces:
#  action: disable
#  threshold: 5
#  weights: { hard: 1, soft: 0.5, policy: 0, full: 0.5, unknown: 1 }
# A score is forgotten when both are over: the time since the last bounce, and so many posts without one.
#  forget: 14d
#  forget_posts: 5
# never, threshold, or first-hard: a day after the first hard bounce, for lists with little mail.
#  probe: threshold
#  probe_life: 7d
#  warnings: 3
#  warn_every: 7d
#  remove: true
# When a member calls mail of the list spam: unsubscribe, disable, notify the owners, or ignore.
#  complaints: disable
# Mail to -bounces that is none: owner or discard.
#  unrecognised: owner
# When so many bounce on one day, it is the list's own trouble: nothing is counted, the owners are told.
#  alarm_share: 30%
#  alarm_members: 10

# The news server that lists with a newsgroup are posted to. tls: never (port 119) or implicit (port 563).
#news:
#  host: news.example.org
#  tls: never
#  timeout: 1m

# Queues of your own: a list names them in copy_to and each accepted post is handed to them too. A command gets
# the message on standard input, without a shell; a module exports the function run. The names
# ${QUEUES.map(({ name }) => name).join(', ')} are taken.
#queues:
#  to-chat:
#    exec: [./to-chat, --quiet]
#    timeout: 1m
#  to-index:
#    module: ./to-index.js

# For the systemd units that "qrunner units install" makes. lmtp_group: the mail server's, so that it may connect.
#systemd:
#  user: list
#  group: list
#  sweep: 5m
#  lmtp: true
#  lmtp_socket: /run/qrunner/lmtp.sock
#  lmtp_group: list
`;
}

/** The text of a new list's file. */
export function starterList({ owners, description }: ListAnswers): string {
  return `# One list. The name of this file is its address: NAME.yaml, or NAME@DOMAIN.yaml for another domain.
# A key behind "#" is switched off and shows the default or an example. After a change: qrunner check

# One line for people who look for a list.
description: ${yamlText(description)}

# Who decides about held posts and gets mail for -owner. At least one.
owners:
${owners.map((owner) => `  - ${yamlText(owner)}`).join('\n')}

# Put before the Subject. The default is the name in brackets and a blank; "" for nothing. Changing the Subject
# breaks the author's DKIM signature.
#subject_prefix: "[name] "

# What is done with a post: accept, hold (an owner decides), reject (the author is told) or discard.
#posting:
#  members: accept
#  nonmembers: hold

# confirm: anybody may ask, and must answer a mail. closed: only owners add members.
#subscribe: confirm

# Who may ask for the list of members: members or owners.
#roster: members

# Where answers go: author leaves Reply-To as it is, list points it here (and private answers go astray).
#reply_to: author

# Largest post. The default is the site's limit.
#message_size: 1MB

# Whether posts are kept.
#archive: true

# The archive's page on the web, for List-Archive.
#archive_url: https://lists.example.org/archive

# A sender address per member, so that every bounce names him: never, always, or { every: 10 } for one post in ten.
# Costs one transaction per member.
#verp: never

# When delivery is tried again, where it differs from the site's retry.
#retry: { give_up: 2d, warn: 4h }

# What bounces lead to, where it differs from bounces in qrunner.yaml.
#bounces: {}

# The newsgroup that accepted posts go to. Needs news in qrunner.yaml.
#newsgroup: comp.lang.misc

# Queues of your own (queues in qrunner.yaml) that get each accepted post.
#copy_to: []
`;
}

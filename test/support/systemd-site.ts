/** The site of a machine with systemd: /etc/qrunner, of the user list, with one list, friends@lists.example. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { LIST_DOMAIN } from './lab.ts';
import { fieldOf, readMaildir } from './lab-mail.ts';
import { spoolView } from './site-rig.ts';
import type { InLab, SystemdLab } from './systemd-lab.ts';
import { PROGRAM_IN_MACHINE } from './systemd-machine.ts';

/** Whom the lists belong to. */
export const LIST_USER = 'list';

/** The command that is on the path of the machine. */
export const QRUNNER = `${PROGRAM_IN_MACHINE}/dist/qrunner.cjs`;

/** Where the site's mail and state lie in the machine. */
export const SPOOL = '/var/spool/qrunner';
export const STATE = '/var/lib/qrunner';

/** What is not as in every site. */
export type SiteOptions = {
  /** What stands in qrunner.yaml beside domain, owner, spool and state. */
  readonly yaml?: string;
  /** What stands in the list's file beside its owner. */
  readonly list?: string;
  /** Members of friends, without their domain. */
  readonly members?: readonly string[];
};

/** The site; paths are the machine's. */
export type SystemdSite = {
  /** Calls the program as the lists' user. @throws when the exit status is not 0 */
  readonly qrunner: (args: readonly string[], options?: InLab) => Promise<string>;
  /** Puts a post with this subject in, as a mail server's pipe does. */
  readonly post: (subject: string) => Promise<void>;
  /** Subjects of the mails a member has got, sorted. */
  readonly subjects: (member: string) => string[];
  /** The number of entries in each state of each queue that holds some: `{ 'in/new': 2 }`. */
  readonly lies: () => Record<string, number>;
  readonly bells: () => string[];
  /** Writes qrunner.yaml anew, with this beside domain, owner, spool and state. */
  readonly configure: (yaml: string) => void;
};

/** A post to friends. */
export function postOf(subject: string): string {
  return `From: ada@members.example\nSubject: ${subject}\nMessage-ID: <${subject}@members.example>\n\nbody\n`;
}

/** Makes the site. */
export async function makeSite(
  lab: Omit<SystemdLab, 'site'>,
  { yaml = '', list = '', members = ['ben'] }: SiteOptions,
): Promise<SystemdSite> {
  const configure = (more: string) => {
    const settings = `domain: ${LIST_DOMAIN}\nowner: postmaster@members.example\nspool: ${SPOOL}\nstate: ${STATE}\n`;
    writeFileSync(lab.path('/etc/qrunner/qrunner.yaml'), `${settings}${more}`);
  };
  mkdirSync(lab.path('/etc/qrunner/lists'), { recursive: true });
  configure(yaml);
  writeFileSync(
    lab.path('/etc/qrunner/lists/friends.yaml'),
    `owners: [owner@members.example]\nposting: { nonmembers: accept }\n${list}`,
  );
  writeFileSync(lab.path('/usr/local/bin/qrunner'), `#!/bin/sh\nexec ${process.execPath} ${QRUNNER} "$@"\n`, {
    mode: 0o755,
  });
  await lab.must(['install', '-d', '-m', '2770', '-o', LIST_USER, '-g', LIST_USER, SPOOL, STATE]);
  const qrunner: SystemdSite['qrunner'] = (args, options) =>
    lab.must(['qrunner', ...args], { user: LIST_USER, ...options });
  if (members.length > 0) {
    await qrunner(['member', 'add', 'friends', ...members.map((name) => `${name}@members.example`)]);
  }
  // Makes the spool, with the bell that is to be watched.
  await qrunner(['--all', '--once']);
  return {
    qrunner,
    post: async (subject) => {
      await qrunner(['inject', 'friends', '--sender', 'ada@members.example'], { input: postOf(subject) });
    },
    subjects: (member) =>
      readMaildir(lab.path(`${STATE}/maildir/${member}@members.example`))
        .map((mail) => (fieldOf(mail, 'Subject') ?? '').replace(/^\[friends\] /, ''))
        .sort((a, b) => (a < b ? -1 : 1)),
    lies: () => spoolView(lab.path(SPOOL)).lies(),
    bells: () => readdirSync(lab.path(`${SPOOL}/bell`)),
    configure,
  };
}

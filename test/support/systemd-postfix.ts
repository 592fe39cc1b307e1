/**
 * Debian's own Postfix in a lab, run by its own unit, with the settings of the README: mail for the lists goes to the program,
 * mail for members.example into Maildirs.
 */
import { writeFileSync } from 'node:fs';
import { LIST_DOMAIN } from './lab.ts';
import { readMaildir } from './lab-mail.ts';
import type { SystemdLab } from './systemd-lab.ts';
import { PROGRAM_IN_MACHINE } from './systemd-machine.ts';
import { LIST_USER } from './systemd-site.ts';

/** Postfix in a lab. */
export type LabPostfix = {
  /** Hands it a message at its SMTP port. */
  readonly send: (sender: string, recipients: readonly string[], message: string) => Promise<void>;
  /** The messages in a member's mailbox; `ada` is ada@members.example. */
  readonly mailbox: (user: string) => Buffer[];
  /** What waits in its queue, a line of JSON each. */
  readonly waiting: () => Promise<string>;
};

/** Sends one message by SMTP: arguments are the sender and the recipients, the message is on standard input. */
const SEND = `
const { createTransport } = require('${PROGRAM_IN_MACHINE}/node_modules/nodemailer');
const [from, ...to] = process.argv.slice(1);
createTransport({ host: '127.0.0.1', port: 25, ignoreTLS: true, name: 'client.example' })
  .sendMail({ envelope: { from, to }, raw: require('node:fs').readFileSync(0) })
  .catch((error) => { console.error(error.message); process.exitCode = 1; });
`;

/** The README's way in: a pipe into inject. */
const PIPE = `
qrunner   unix  -       n       n       -       4       pipe
    flags=Rq user=${LIST_USER} null_sender=
    argv=/usr/local/bin/qrunner inject --sender \${sender} -- \${recipient}
`;

/**
 * Sets Postfix up and starts it.
 * @param relay the transport that takes mail for the lists: `qrunner:` is the pipe, `lmtp:unix:/…` a socket
 */
export async function startPostfix(
  lab: SystemdLab,
  mailboxes: readonly string[],
  relay = 'qrunner:',
): Promise<LabPostfix> {
  const domain = LIST_DOMAIN.replaceAll('.', '\\.');
  const roles = 'owner|request|bounces|admin|join|subscribe|leave|unsubscribe|confirm';
  writeFileSync(
    lab.path('/etc/postfix/qrunner'),
    `/^friends(-(${roles}))?(\\+[^@]*)?@${domain}$/  ${relay}\n`,
  );
  writeFileSync(
    lab.path('/etc/postfix/mailboxes'),
    mailboxes.map((name) => `${name}@members.example ${name}/\n`).join(''),
  );
  await lab.must(['install', '-d', '-o', 'nobody', '/var/mail/members']);
  await lab.must([
    'postconf',
    'myhostname = mx.members.example',
    'mydestination =',
    'inet_interfaces = loopback-only',
    'inet_protocols = ipv4',
    'mynetworks = 127.0.0.0/8',
    'smtpd_relay_restrictions = permit_mynetworks, reject',
    'default_transport = error:5.4.4 this test reaches nobody else',
    'alias_maps =',
    `relay_domains = ${LIST_DOMAIN}`,
    'relay_recipient_maps = regexp:/etc/postfix/qrunner',
    'transport_maps = regexp:/etc/postfix/qrunner',
    'qrunner_destination_recipient_limit = 1',
    'virtual_mailbox_domains = members.example',
    'virtual_mailbox_base = /var/mail/members',
    'virtual_mailbox_maps = texthash:/etc/postfix/mailboxes',
    'virtual_minimum_uid = 1',
    'virtual_uid_maps = static:65534',
    'virtual_gid_maps = static:65534',
  ]);
  await lab.must(['postconf', '-F', '*/*/chroot = n']);
  await lab.must(['sh', '-c', 'cat >>/etc/postfix/master.cf'], { input: PIPE });
  await lab.must(['systemctl', 'start', 'postfix.service']);
  await lab.until('Postfix answers', async () => {
    const ask = ['bash', '-c', 'exec 3<>/dev/tcp/127.0.0.1/25 && read -r line <&3 && echo "$line"'];
    return (await lab.run(ask)).stdout.startsWith('220 ');
  });
  return {
    send: async (sender, recipients, message) => {
      await lab.must([process.execPath, '-e', SEND, sender, ...recipients], { input: message });
    },
    mailbox: (user) => readMaildir(lab.path(`/var/mail/members/${user}`)),
    waiting: () => lab.must(['postqueue', '-j']),
  };
}

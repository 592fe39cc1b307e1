/**
 * An INN of a test's own: innd at 127.0.0.1 with the groups that are named, all of it below one directory.
 *
 *     await using inn = await makeInn(join(lab.root, 'inn'), { groups: { 'test.friends': 'y' }, … });
 *     await inn.start();
 *     await inn.article('test.friends', 1);
 */
import { once } from 'node:events';
import { chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { runProgram } from './lab.ts';
import { userNamed } from './lab-needs.ts';
import { freePort, type Server, startServer } from './lab-server.ts';

/** Where the Debian package inn2 puts its programs. */
const BIN = '/usr/lib/news/bin';

/** Programs of the Debian package inn2. */
export const INN_PROGRAMS = [`${BIN}/innd`, `${BIN}/nnrpd`, `${BIN}/makedbz`, 'setpriv'];

/** An INN that can be started and stopped. */
export type Inn = AsyncDisposable & {
  readonly port: number;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** How many articles a group has. */
  readonly count: (group: string) => Promise<number>;
  /** An article as it came, with LF line ends. */
  readonly article: (group: string, number: number) => Promise<Buffer>;
};

/** What it is made of. */
export type InnOptions = {
  readonly env: Readonly<Record<string, string>>;
  /** Groups and their flag in the file active: `y` posting allowed, `m` moderated. */
  readonly groups: Readonly<Record<string, 'y' | 'm'>>;
  /** What readers.conf lets a reader do: R read, P post, A approve. */
  readonly access: 'RP' | 'RPA';
};

function configuration(directory: string, port: number): string {
  const below = (name: string) => join(directory, name);
  return `pathhost: news.example
domain: example
mta: "/bin/false"
hismethod: hisv6
enableoverview: true
ovmethod: tradindexed
pathnews: /usr/lib/news
pathbin: ${BIN}
pathetc: ${below('etc')}
pathdb: ${below('db')}
pathrun: ${below('run')}
pathlog: ${below('log')}
pathhttp: ${below('http')}
pathtmp: ${below('tmp')}
pathfilter: ${below('filter')}
pathspool: ${below('spool')}
patharticles: ${below('spool/articles')}
pathoverview: ${below('spool/overview')}
port: ${port}
bindaddress: 127.0.0.1
`;
}

/** Writes its configuration, groups and history; it is not running yet. */
export async function makeInn(directory: string, { env, groups, access }: InnOptions): Promise<Inn> {
  const port = await freePort();
  const user = userNamed('news');
  const below = (name: string) => join(directory, name);
  for (const name of ['', 'etc', 'db', 'run', 'log', 'http', 'tmp', 'filter', 'spool'])
    mkdirSync(below(name));
  for (const name of [
    'articles',
    'overview',
    'incoming',
    'incoming/bad',
    'incoming/tmp',
    'outgoing',
    'archive',
  ]) {
    mkdirSync(below(`spool/${name}`));
  }
  const active = Object.entries({ control: 'n', 'control.cancel': 'n', junk: 'n', ...groups });
  const files = {
    'etc/inn.conf': configuration(directory, port),
    'etc/storage.conf': 'method tradspool {\n  newsgroups: *\n  class: 0\n}\n',
    'etc/newsfeeds': 'ME:*::\n',
    'etc/incoming.conf': 'peer ME {\n  hostname: "127.0.0.1"\n}\n',
    'etc/readers.conf': `auth all {\n  hosts: "127.0.0.1"\n  default: "reader"\n}
access all {\n  users: "reader"\n  newsgroups: "*"\n  access: ${access}\n}\n`,
    'etc/expire.ctl': '/remember/:11\n*:A:1:10:never\n',
    'etc/moderators': '',
    'etc/passwd.nntp': '',
    'db/active': active.map(([name, flag]) => `${name} 0000000000 0000000001 ${flag}\n`).join(''),
    'db/newsgroups': '',
    'db/active.times': '',
    'db/history': '',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(below(name), text);
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  for (const name of ['', ...names]) chownSync(below(name), user.uid, user.gid);
  const own = { ...env, INNCONF: below('etc/inn.conf') };
  const dbz = await runProgram([`${BIN}/makedbz`, '-i', '-o', '-s', '1000'], own, { user, cwd: below('db') });
  if (dbz.status !== 0) throw new Error(`makedbz: ${dbz.stderr}`);

  let server: Server | null = null;
  const stop = async () => {
    await server?.stop();
    server = null;
  };

  return {
    port,
    start: async () => {
      server = await startServer([`${BIN}/innd`, '-d', '-f', '-P', String(port)], { port, env: own, user });
    },
    stop,
    count: async (group) => Number((await readNews(port, [`GROUP ${group}`])).split(' ')[1]),
    article: async (group, number) => {
      const reply = await readNews(port, [`GROUP ${group}`, `ARTICLE ${number}`]);
      const [status = '', ...lines] = reply.split('\r\n');
      if (!status.startsWith('220')) throw new Error(`no article ${number} in ${group}: ${status}`);
      const text = lines.slice(0, lines.indexOf('.')).map((line) => `${line.replace(/^\.\./, '.')}\n`);
      return Buffer.from(text.join(''), 'latin1');
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** Says commands as a reader and gives the answer to the last one, as it comes over the wire. */
async function readNews(port: number, commands: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    answer += text;
  });
  const answered = () => (answer.startsWith('220') ? answer.endsWith('\r\n.\r\n') : answer.endsWith('\r\n'));
  const wait = async () => {
    while (!answered()) await once(socket, 'data', { signal: AbortSignal.timeout(10_000) });
  };
  try {
    // The greeting first.
    await wait();
    for (const command of ['MODE READER', ...commands]) {
      answer = '';
      socket.write(`${command}\r\n`);
      await wait();
    }
    return answer;
  } finally {
    socket.destroy();
  }
}

import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { bootSystemd, noSystemd } from '../support/systemd-lab.ts';
import { allOnce, pathIsWell, startArrivals, untilQuiet } from '../support/systemd-producer.ts';
import { SPOOL } from '../support/systemd-site.ts';
import { watchTrouble } from '../support/systemd-trouble.ts';
import { dropIn, installUnits } from '../support/systemd-units.ts';

const skip = noSystemd();

await t.test(
  'trouble is seen, does not spin, and passes with its cause',
  { skip, timeout: 300_000 },
  async (t) => {
    await using lab = await bootSystemd();
    await installUnits(lab);
    const posts: string[] = [];
    const post = async (subject: string) => {
      await lab.site.post(subject);
      posts.push(subject);
    };

    await t.test('a Node that crashes', async (t) => {
      // Too small a heap: V8 aborts.
      await dropIn(lab, 'Environment=NODE_OPTIONS=--max-old-space-size=1\nLimitCORE=0');
      await post('crash');
      await watchTrouble(t, lab, {
        says: /heap out of memory|javascript OOM/,
        status: /code=(killed|dumped), signal=(ABRT|TRAP|ILL)/,
      });
      await dropIn(lab, null);
      await allOnce(t, lab, posts);
    });

    await t.test('a program that is not there', async (t) => {
      await dropIn(lab, 'ExecStart=\nExecStart=/usr/bin/no-such-program');
      await post('no program');
      await watchTrouble(t, lab, {
        says: /Failed to locate executable \/usr\/bin\/no-such-program/,
        status: /status=203\/EXEC/,
      });
      await dropIn(lab, null);
      await allOnce(t, lab, posts);
    });

    await t.test('a mistake in qrunner.yaml', async (t) => {
      lab.site.configure('limit: { message_size: 1MB }\n');
      const arrivals = startArrivals(lab, { count: 1, seed: 1, longestMs: 1 });
      await arrivals.end;
      posts.push(...arrivals.accepted());
      await watchTrouble(t, lab, {
        says: /qrunner\.yaml:\d+:\d+.*limit/,
        status: /code=exited, status=78\b/,
      });
      lab.site.configure('');
      await allOnce(t, lab, posts);
    });

    await t.test('a directory of the spool that may not be read', async (t) => {
      await lab.must(['chmod', '000', `${SPOOL}/in/active`]);
      await post('closed');
      await watchTrouble(t, lab, { says: /run-trouble reason=.*EACCES.*in\/active/ });
      chmodSync(lab.path(`${SPOOL}/in/active`), 0o2770);
      await allOnce(t, lab, posts);
    });

    await t.test('an entry that may not be read is set aside, and the others go on', async (t) => {
      await lab.must(['systemctl', 'stop', 'qrunner.path']);
      await post('before');
      const [name = ''] = readdirSync(lab.path(`${SPOOL}/in/new`));
      chmodSync(lab.path(`${SPOOL}/in/new/${name}`), 0o600);
      await lab.must(['chown', 'root:root', `${SPOOL}/in/new/${name}`]);
      await lab.must(['systemctl', 'start', 'qrunner.path']);
      await post('after');
      await lab.until('the other one is delivered', () => lab.site.subjects('ben').includes('after'));
      await lab.until('it is set aside', () => lab.site.lies()['in/bad'] === 1);
      await pathIsWell(t, lab);
      t.match(await lab.journal('qrunner.service'), /entry-bad queue=in .*no permission to read it.*chown/);
      await lab.must(['sh', '-c', `chown list:list ${SPOOL}/in/bad/${name}*`]);
      await lab.site.qrunner(['queue', 'release', name.split(',')[0] ?? '']);
      await allOnce(t, lab, posts);
    });

    await t.test('an empty directory among the bells goes', async (t) => {
      mkdirSync(lab.path(`${SPOOL}/bell/backup`));
      await lab.until('it is gone', () => lab.site.bells().length === 0);
      await untilQuiet(lab);
      await pathIsWell(t, lab);
    });

    await t.test('a directory with something in it that may not be moved is told of', async (t) => {
      mkdirSync(lab.path(`${SPOOL}/bell/backup/yesterday`), { recursive: true });
      await watchTrouble(t, lab, { says: /run-trouble reason=.*EACCES.*bell\/backup/ });
      await post('beside');
      await lab.until('mail goes on', () => lab.site.subjects('ben').includes('beside'));
      await lab.must(['chown', '-R', 'list:list', `${SPOOL}/bell/backup`]);
      await lab.until('it is set aside', () => readdirSync(lab.path(`${SPOOL}/in/bad`)).includes('backup'));
      t.match(await lab.journal('qrunner.service'), /entry-bad .*backup/);
      await lab.must(['sh', '-c', `rm -r ${SPOOL}/in/bad/backup*`]);
      await allOnce(t, lab, posts);
    });

    await t.test(
      'a file among the bells that is none goes when it is empty, else it is set aside',
      async (t) => {
        for (const [name, text] of [
          ['README', 'text'],
          ['1.tmp', ''],
          ['in,x', ''],
        ] as const)
          writeFileSync(lab.path(`${SPOOL}/bell/${name}`), text);
        await lab.until('it is quiet', () => lab.site.bells().length === 0);
        await lab.until('the text is set aside', () => lab.site.lies()['in/bad'] === 1);
        await lab.must(['sh', '-c', `rm ${SPOOL}/in/bad/README*`]);
        await untilQuiet(lab);
        await pathIsWell(t, lab);
      },
    );

    await t.test(
      'a bell directory that is taken away is there again with the next post, and wakes',
      async (t) => {
        rmSync(lab.path(`${SPOOL}/bell`), { recursive: true });
        await post('anew');
        await allOnce(t, lab, posts);
        await pathIsWell(t, lab);
      },
    );
  },
);

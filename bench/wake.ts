/**
 * What it costs to be woken by systemd: from the bell to the first byte at a mail server, against a C program and
 * `node -e 0` started by a path unit of the same kind; starts for a burst of posts; an idle hour of sweeps.
 * Needs root, like the tests on systemd: the units run in a machine of their own.
 */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bootSystemd, noSystemd, type SystemdLab } from '../test/support/systemd-lab.ts';
import { startArrivals, untilQuiet } from '../test/support/systemd-producer.ts';
import { type SunkMail, startSink } from '../test/support/systemd-sink.ts';
import { LIST_USER, postOf, SPOOL } from '../test/support/systemd-site.ts';
import { installUnits } from '../test/support/systemd-units.ts';
import { median, report, spread } from './support.ts';

const ROUNDS = 20;
const BURST = 1000;
const SWEEPS = 30;
const PORT = 2525;

/** Rung, they are removed and a line with the time is written: the least that a program woken by a bell can do. */
const C_PROGRAM = `
#include <stdio.h>
#include <time.h>
#include <unistd.h>
int main(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  unlink("/var/bench/c/bell");
  FILE *log = fopen("/var/bench/c.log", "a");
  fprintf(log, "%.3f\\n", now.tv_sec * 1e3 + now.tv_nsec / 1e6);
  return fclose(log);
}
`;

/** What a path unit of its own starts, by name. */
const RIVALS: Readonly<Record<string, string>> = {
  c: '/var/bench/program',
  // The shell's part is its start; Node's own line would be as long as the start of Node.
  node: `${process.execPath} -e "const fs=require('fs');const now=performance.timeOrigin+performance.now();fs.unlinkSync('/var/bench/node/bell');fs.appendFileSync('/var/bench/node.log',now+'\\\\n')"`,
};

async function installRival(lab: SystemdLab, name: string, command: string): Promise<void> {
  await lab.must(['install', '-d', '-o', LIST_USER, '/var/bench', `/var/bench/${name}`]);
  const unit = (kind: string, text: string) =>
    writeFileSync(lab.path(`/etc/systemd/system/bench-${name}.${kind}`), text);
  unit('path', `[Unit]\nStartLimitIntervalSec=0\n[Path]\nDirectoryNotEmpty=/var/bench/${name}\n`);
  unit(
    'service',
    `[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=oneshot\nUser=${LIST_USER}\nExecStart=${command}\n`,
  );
  await lab.must(['systemctl', 'daemon-reload']);
  await lab.must(['systemctl', 'start', `bench-${name}.path`]);
}

/** Compiles the C program into the lab; false where there is no compiler. */
async function installC(lab: SystemdLab): Promise<boolean> {
  await lab.must(['install', '-d', '-o', LIST_USER, '/var/bench']);
  const compiler = ['cc', '-O2', '-x', 'c', '-', '-o', '/var/bench/program'];
  return (await lab.run(compiler, { input: C_PROGRAM })).status === 0;
}

/** From ringing to the program's first line, milliseconds. */
async function wakeRival(lab: SystemdLab, name: string): Promise<number> {
  const log = lab.path(`/var/bench/${name}.log`);
  rmSync(log, { force: true });
  const rungAt = Date.now();
  writeFileSync(lab.path(`/var/bench/${name}/bell`), '');
  const text = await lab.until('it has been started', () => {
    const { stdout } = spawnSync('cat', [log], { encoding: 'utf8' });
    return stdout.endsWith('\n') && stdout;
  });
  await idle(lab, `bench-${name}.service`);
  return Number(text) - rungAt;
}

async function idle(lab: SystemdLab, service: string): Promise<void> {
  await lab.until(
    `${service} has ended`,
    async () => (await lab.show(service, 'ActiveState')) === 'inactive',
  );
}

/** From ringing to the connection at the mail server, milliseconds. The post lies there without its bell until then. */
async function wakeProgram(lab: SystemdLab, taken: () => SunkMail[], round: number): Promise<number> {
  await lab.must(['systemctl', 'stop', 'qrunner.path']);
  await lab.site.post(`wake-${round}`);
  const [bell = ''] = lab.site.bells();
  rmSync(lab.path(join(SPOOL, 'bell', bell)));
  await lab.must(['systemctl', 'start', 'qrunner.path']);
  await idle(lab, 'qrunner.service');
  const before = taken().length;
  const rungAt = Date.now();
  writeFileSync(lab.path(join(SPOOL, 'bell', bell)), '');
  const mail = await lab.until('it is at the mail server', () => taken()[before] ?? null);
  await untilQuiet(lab);
  return mail.at - rungAt;
}

/** CPU time of what a unit has started since the machine's boot, milliseconds. */
async function cpuMs(lab: SystemdLab, service: string): Promise<number> {
  return Number(await lab.show(service, 'CPUUsageNSec')) / 1e6;
}

const ms = (values: readonly number[]) => `${median(values).toFixed(0)} ms`;

async function wakeUps(lab: SystemdLab, taken: () => SunkMail[]): Promise<string[]> {
  const hasC = await installC(lab);
  for (const [name, command] of Object.entries(RIVALS)) {
    if (name !== 'c' || hasC) await installRival(lab, name, command);
  }
  const rounds: { readonly qrunner: number; readonly node: number; readonly c: number | null }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push({
      qrunner: await wakeProgram(lab, taken, round),
      node: await wakeRival(lab, 'node'),
      c: hasC ? await wakeRival(lab, 'c') : null,
    });
  }
  const all = rounds.map(({ qrunner }) => qrunner);
  const c = rounds.flatMap((round) => (round.c === null ? [] : { ...round, c: round.c }));
  const lines = [
    `bell to first byte at the mail server, qrunner   ${ms(all)}`,
    `bell to first line, node -e                      ${ms(rounds.map(({ node }) => node))}`,
    `qrunner against node, ratio of pairs             ${spread(rounds.map(({ qrunner, node }) => qrunner / node))}`,
  ];
  if (c.length === 0) return [...lines, 'a C program: no compiler here'];
  return [
    ...lines,
    `bell to first line, a C program                  ${ms(c.map((round) => round.c))}`,
    `qrunner against C, ratio of pairs                ${spread(c.map((round) => round.qrunner / round.c))}`,
  ];
}

async function burst(lab: SystemdLab): Promise<string[]> {
  const before = await lab.starts();
  const arrivals = startArrivals(lab, { count: BURST, seed: 1, longestMs: 40 });
  const started = performance.now();
  await arrivals.end;
  const seconds = (performance.now() - started) / 1000;
  await untilQuiet(lab, 120_000);
  const starts = (await lab.starts()) - before;
  return [`starts for ${BURST} posts within ${seconds.toFixed(0)} s                ${starts}`];
}

/** Sweeps of an empty spool, started as the timer starts them. */
async function idleHour(lab: SystemdLab): Promise<string[]> {
  const costs: number[] = [];
  const inits: number[] = [];
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const init = await cpuMs(lab, 'init.scope');
    await lab.must(['systemctl', 'start', 'qrunner.service']);
    costs.push(await cpuMs(lab, 'qrunner.service'));
    inits.push((await cpuMs(lab, 'init.scope')) - init);
  }
  const whole = median(costs) + median(inits);
  const hour = (whole * 12) / 1000;
  return [
    `CPU of a sweep that finds nothing                ${spread(costs, 0)} ms, and ${median(inits).toFixed(0)} ms of systemd`,
    `an idle hour, swept each 5 minutes               ${hour.toFixed(1)} s of CPU, ${((hour / 3600) * 100).toFixed(3)} % of a processor`,
  ];
}

/** Runs the bench and prints its figures. */
export async function wake(): Promise<void> {
  const reason = noSystemd();
  if (reason !== false) return report('woken by systemd: not measured', [reason]);
  await using lab = await bootSystemd({
    yaml: `transport: { type: smtp, host: 127.0.0.1, port: ${PORT}, tls: never }\n`,
  });
  await installUnits(lab);
  const taken = await startSink(lab, PORT);
  await lab.site.qrunner(['inject', 'friends', '--sender', 'ada@members.example'], { input: postOf('warm') });
  await untilQuiet(lab);
  // A configuration that was changed within the last two seconds is not kept in the cache.
  await sleep(2_500);
  const lines = [...(await wakeUps(lab, taken)), ...(await burst(lab)), ...(await idleHour(lab))];
  report(`woken by systemd, ${ROUNDS} rounds`, lines);
}

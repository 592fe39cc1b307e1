/** Who puts messages in: `qrunner inject`, and faster processes that call what inject calls. Some are killed. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Dice } from './dice.ts';
import { LIST, MEMBERS, message, newcomer } from './mail.ts';
import { count, live, pause, untilOver, type World } from './world.ts';

const PRODUCER = fileURLToPath(new URL('./producer.js', import.meta.url));

/** Fast ones, one after another under the same name; each lives some seconds. */
export async function runProducers(world: World, name: string): Promise<void> {
  const dice = world.dice(name);
  let number = 0;
  await untilOver(world, name, async () => {
    const call = `${name}${++number}`;
    const args = [PRODUCER, world.lab.spool, String(dice.between(0, 2 ** 31)), call];
    const child = spawn(process.execPath, args, { env: world.env, stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.stdin.on('error', () => {});
    const ended = new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status) => resolve(status));
    });
    const heard = hear(world, createInterface({ input: child.stdout }));
    const isKilled = dice.percent(60);
    for (let left = dice.between(10, 60); left > 0 && !world.isOver(); left--) await pause(world, 100);
    if (isKilled) child.kill('SIGKILL');
    else child.stdin.end();
    const [status] = await Promise.all([ended, heard]);
    count(world, isKilled ? 'producers killed' : 'producers that ended');
    if (!isKilled && status !== 0) world.wrong.push(`a producer ended with ${status}: ${said}`);
  });
}

async function hear({ tried }: World, lines: AsyncIterable<string>): Promise<void> {
  for await (const line of lines) {
    const [what, token, queue, id] = line.split(' ');
    if (token === undefined || queue === undefined) continue;
    if (what === 'try') tried.set(token, { token, queue, id: null, accepted: false });
    else if (id !== undefined) tried.set(token, { token, queue, id, accepted: true });
  }
}

/** What a mail server's pipe does: posts, entries for a queue of the site's own, and people who want to join. */
function injection(dice: Dice, token: string): { queue: string; args: string[] } {
  const chance = dice.next();
  if (chance < 0.6) return { queue: 'in', args: [LIST, '--sender', dice.pick(MEMBERS)] };
  if (chance < 0.85) return { queue: 'split', args: [LIST, '--queue', 'split'] };
  return { queue: 'commands', args: [LIST, '--to', 'join', '--sender', newcomer(token)] };
}

/** `qrunner inject`, one after another. */
export async function runInjects(world: World, name: string): Promise<void> {
  const dice = world.dice(name);
  let number = 0;
  await untilOver(world, name, async () => {
    const token = `${name}.${++number}`;
    const { queue, args } = injection(dice, token);
    const bytes = message(token, dice.percent(20) ? dice.between(50_000, 500_000) : 500);
    const input =
      queue === 'commands' ? bytes.toString().replace(/^From: .*$/m, `From: ${newcomer(token)}`) : bytes;
    world.tried.set(token, { token, queue, id: null, accepted: false });
    const strike = dice.percent(25) ? { afterMs: dice.between(60, 400), signal: 'SIGKILL' as const } : null;
    const command = [...world.lab.command(), '--json', 'inject', ...args];
    const { status, stdout, stderr, sent } = await live(command, { env: world.env, input, strike });
    count(world, sent ? 'injects killed' : 'injects');
    if (status === 0) world.tried.set(token, { token, queue, id: idIn(stdout), accepted: true });
    else if (!sent) world.wrong.push(`an inject ended with ${status}: ${stderr.trim()}`);
    await pause(world, dice.between(0, 200));
  });
}

/** The id that `--json inject` prints. @throws when there is none */
export function idIn(json: string): string {
  const id = /"id":"([^"]+)"/.exec(json)?.[1];
  if (id === undefined) throw new Error(`inject printed no id: ${json}`);
  return id;
}

/** smtp-sink.ts in a lab, and what it has taken. */
import type { SystemdLab } from './systemd-lab.ts';
import { PROGRAM_IN_MACHINE } from './systemd-machine.ts';

/** A message: when its connection came, milliseconds since the epoch, and its subject. */
export type SunkMail = { readonly at: number; readonly subject: string };

/** Starts the sink; it ends with the lab. Gives what it has taken so far. */
export async function startSink(lab: SystemdLab, port: number): Promise<() => SunkMail[]> {
  const script = `${PROGRAM_IN_MACHINE}/build/test/support/smtp-sink.js`;
  const child = lab.start([process.execPath, script, String(port)]);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  }
  await lab.until('the sink is ready', () => {
    if (child.exitCode !== null) throw new Error(`the sink ended: ${said}`);
    return said.startsWith('ready\n');
  });
  return () =>
    [...said.matchAll(/^(\d+) (.*)\n/gm)].map(([, at = '', subject = '']) => ({ at: Number(at), subject }));
}

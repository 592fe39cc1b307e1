/**
 * A queue of the user's own that runs a command: the message on standard input, metadata in QRUNNER_* variables, the
 * verdict by exit status. No shell; the environment is a new one (base/run-command.ts).
 *
 *     0            done
 *     75, time-out defer, with the usual backoff and limit
 *     65, others   shunt, with what it printed as the reason, its last line first
 *     ended by us, since the run ends: defer, no failure
 */
import { backoffMs } from '../base/backoff.ts';
import { type CommandEnd, type CommandSettings, runCommand } from '../base/run-command.ts';
import { EX } from '../base/sysexits.ts';
import type { Entry } from '../spool/entry.ts';
import type { Runner, Verdict } from './runner.ts';

/** A command with its arguments, and how long it may take. */
export type ExecSettings = CommandSettings;

/** Opens a runner that runs a command. */
export function openExecRunner(settings: ExecSettings): Runner {
  return {
    concurrency: 4,
    run: async (entry, { clock, signal }) => {
      const end = await runCommand(settings, entry.stream(), metadataEnvironment(entry), signal);
      if (end.stopped && end.status !== EX.OK) {
        return { kind: 'defer', until: clock.now(), reason: 'the run was told to end', failed: false };
      }
      return judge(end, settings, entry.failures, clock.now());
    },
  };
}

function judge(
  end: CommandEnd,
  { command, timeoutMs }: ExecSettings,
  failures: number,
  now: number,
): Verdict {
  if (end.status === EX.OK) return { kind: 'done', outputs: [] };
  const how = end.timedOut
    ? `did not end within ${timeoutMs / 1000} s`
    : end.signal !== null
      ? `was ended by ${end.signal}`
      : `ended with status ${end.status}`;
  const reason = `${command[0]} ${how}${outputWords(end.output)}`;
  return end.timedOut || end.status === EX.TEMPFAIL
    ? { kind: 'defer', until: now + backoffMs(failures + 1), reason, failed: true }
    : { kind: 'shunt', reason };
}

/** Of the output the last line, where the error stands, goes to the first line of the reason; below it lies the whole. */
function outputWords(output: string): string {
  if (output === '') return '';
  const last = output.slice(output.lastIndexOf('\n') + 1);
  return last === output ? `: ${last}` : `: ${last}\n${output}`;
}

/** The metadata as environment variables. Values with NUL cannot be; there are none in addresses. */
export function metadataEnvironment(entry: Entry): Record<string, string> {
  const { meta } = entry;
  return {
    QRUNNER_ID: entry.id,
    QRUNNER_QUEUE: entry.queue,
    QRUNNER_RECEIVED: new Date(entry.receivedAt).toISOString(),
    QRUNNER_FAILURES: String(entry.failures),
    QRUNNER_SIZE: String(entry.size),
    QRUNNER_LIST: meta.list ?? '',
    QRUNNER_ROLE: meta.role ?? '',
    QRUNNER_EXTENSION: meta.extension ?? '',
    QRUNNER_SENDER: meta.sender ?? '',
    QRUNNER_RECIPIENTS: meta.recipients.join('\n'),
  };
}

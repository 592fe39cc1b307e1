/** Processor time of a process and its children, dead and alive, from proc(5). Linux only. */
import { readdirSync, readFileSync } from 'node:fs';

/** A child process. */
type Child = { readonly pid: number; readonly name: string };

/** Milliseconds of a clock tick: USER_HZ is 100 on every architecture Debian is made for. */
const TICK_MS = 10;

/** What proc(5) says of a process in `stat`: its name and the fields behind it, from the state (3) on; `null` when it is gone. */
function statOf(pid: number): { readonly name: string; readonly fields: readonly string[] } | null {
  try {
    const [, name = '', rest = ''] =
      /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? [];
    return { name, fields: rest.trim().split(' ') };
  } catch {
    return null;
  }
}

/** The children that are alive. */
export function childrenOf(parent: number): Child[] {
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  return pids.flatMap((pid) => {
    const stat = statOf(pid);
    return stat !== null && Number(stat.fields[1]) === parent ? [{ pid, name: stat.name }] : [];
  });
}

/** To the nanosecond, since many short lives would lose as many half ticks. */
function ownMs(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[0]) / 1e6;
  } catch {
    return 0;
  }
}

/** User and system time of a process, of its living children, and of those that it has waited for, milliseconds. */
export function cpuMsOfTree(pid: number): number {
  const fields = statOf(pid)?.fields ?? [];
  const waitedFor = (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) * TICK_MS;
  return childrenOf(pid).reduce((sum, child) => sum + ownMs(child.pid), waitedFor + ownMs(pid));
}

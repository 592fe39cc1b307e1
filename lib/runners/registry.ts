/** From the name of a queue to its runner. A ninth queue is one file and one line here. */
import { ExpectedError, unreachable } from '../base/errors.ts';
import { EX } from '../base/sysexits.ts';
import type { QueueName } from '../config/queue-names.ts';
import type { Runner } from './runner.ts';
import type { Services } from './services.ts';

/** Opens a runner. Loaded on the first entry of its queue, so that a run pays only for what it uses. */
type Open = (services: Services) => Promise<Runner>;

const RUNNERS: Readonly<Record<QueueName, Open>> = {
  archive: async (services) => (await import('./archive.ts')).openArchiveRunner(services),
  bounces: async (services) => (await import('./bounces.ts')).openBouncesRunner(services),
  commands: async (services) => (await import('./commands.ts')).openCommandsRunner(services),
  in: async (services) => (await import('./in.ts')).openInRunner(services),
  news: async (services) => (await import('./news.ts')).openNewsRunner(services),
  out: async (services) => (await import('./out.ts')).openOutRunner(services),
  retry: async (services) => (await import('./retry.ts')).openRetryRunner(services),
  virgin: async (services) => (await import('./virgin.ts')).openVirginRunner(services),
};

function isOurs(queue: string): queue is QueueName {
  return Object.hasOwn(RUNNERS, queue);
}

/** Opens the runner of a queue, ours or the user's own. @throws ExpectedError when there is no such queue */
export async function openRunner(services: Services, queue: string): Promise<Runner> {
  if (isOurs(queue)) return RUNNERS[queue](services);
  const { queues } = services.configuration.site;
  const own = Object.hasOwn(queues, queue) ? queues[queue] : undefined;
  if (own === undefined) throw new ExpectedError(EX.NOUSER, `no queue "${queue}"`);
  switch (own.kind) {
    case 'exec':
      return (await import('./exec.ts')).openExecRunner(own);
    case 'module':
      return (await import('./module.ts')).openModuleRunner(own.path);
    default:
      return unreachable(own);
  }
}

/** What a step was about, in a word or two: `new→active`, `bytes of staged`. Names of queues, entries and members fall away. */
import { STATES } from '../../lib/spool/state.ts';
import type { Step } from './power-disk.ts';

/** The kind of thing that lies at a path of the disk. */
function placeOf(path: string): string {
  const [top = '', queue = '', state = '', file, entry] = path.split('/');
  if (top === 'mail')
    return (
      ['directory of mail', 'Maildir', 'part of a Maildir', `mail ${state}`][path.split('/').length - 1] ?? ''
    );
  if (queue === '') return 'spool';
  if (queue.startsWith('FORMAT')) return queue === 'FORMAT' ? 'FORMAT' : 'half of FORMAT';
  if (queue === 'bell') return state === '' ? 'queue' : 'bell';
  if (state === '') return 'queue';
  if (state === 'lock') return 'lock';
  if (file === undefined) return STATES.some((known) => known === state) ? 'state' : state;
  if (state === 'deferred') return entry === undefined ? 'minute' : 'deferred';
  if (state === 'journal') return 'line file';
  if (file.endsWith('.reason')) return 'reason';
  if (file.endsWith('.tmp')) return 'half of a reason';
  return file.includes('@') ? 'staged' : state;
}

/** The step in a word; the side that is outside is left empty: `→tmp`, `done→`. */
export function wordOf({ paths, names, data }: Step): string {
  const [from = '', to] = paths.map(placeOf);
  if (data) return `bytes of ${from}`;
  if (to !== undefined) return `${from}→${to}`;
  return names[0]?.node === null ? `${from}→` : `→${from}`;
}

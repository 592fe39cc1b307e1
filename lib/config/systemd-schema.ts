/** The section `systemd`: what the generated units are told. */
import * as v from 'valibot';
import { duration, field, filePath, flag, schemaMessage } from './fields.ts';
import { show } from './problem.ts';
import { section } from './section.ts';
import type { SystemdSettings } from './systemd-settings.ts';

/** Bytes of a UNIX socket's path, unix(7). */
const SOCKET_PATH_BYTES = 107;

const DAY_MS = 86_400_000;

/** The name of a user or a group, as useradd(8) takes it; not root, who would need none of the rights he has. */
function account(what: string) {
  return field<string>(`the name of a ${what} other than root`, (found) => {
    if (typeof found === 'string' && /^[a-z_][a-z0-9_-]{0,30}$/.test(found) && found !== 'root')
      return { value: found };
    return { fix: `write the name of the ${what} of the lists; it is made when it is missing` };
  });
}

/** A path that a UNIX socket can have. */
function socketPath(base: string) {
  return v.pipe(
    filePath(base),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed || Buffer.byteLength(dataset.value) <= SOCKET_PATH_BYTES) return;
      const message = `found ${show(dataset.value)}, wanted at most ${SOCKET_PATH_BYTES} bytes for the path of a socket`;
      addIssue({ message: schemaMessage({ message, fix: 'write a shorter one' }) });
    }),
  );
}

/** The schema of `systemd`; relative paths count from `base`. */
export function systemdSchema(base: string) {
  const keys = {
    user: v.optional(account('user'), 'list'),
    group: v.optional(account('group')),
    sweep: v.optional(duration(DAY_MS), '5m'),
    lmtp: v.optional(flag(), true),
    lmtp_socket: v.optional(socketPath(base)),
    lmtp_group: v.optional(account('group')),
  };
  return v.pipe(
    section(keys),
    v.transform(({ user, group = user, sweep, lmtp, lmtp_socket, lmtp_group = group }): SystemdSettings => {
      return { user, group, sweepMs: sweep, lmtp, lmtpSocket: lmtp_socket ?? null, lmtpGroup: lmtp_group };
    }),
  );
}

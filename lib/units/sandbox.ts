/**
 * What a service may do: everything is taken away that Node runs without.
 *
 * Left out on purpose: MemoryDenyWriteExecute=, since V8 writes the code it runs and aborts. DynamicUser=, since the spool
 * is shared with the mail server's pipe and the command line. PrivateNetwork= for whoever delivers, and narrowing the
 * addresses by today's transport: another transport must not need other units.
 */
import { neededPaths, someBelow, type UnitPlan } from './plan.ts';
import type { Line } from './unit-text.ts';

/** What a service needs beyond its files. */
export type SandboxNeeds = {
  /** Whether it talks to the network; UNIX sockets it always may. */
  readonly network: boolean;
};

/** `/home` and the like, which ProtectHome= hides. */
const HOMES = ['/home', '/root', '/run/user'];

const TEMPORARY = ['/tmp', '/var/tmp'];

function systemCalls(): Line[] {
  return [
    ['SystemCallArchitectures', 'native'],
    ['SystemCallFilter', '@system-service @pkey', 'Node 20 asks for a protection key at its start.'],
    ['SystemCallFilter', '~@privileged @resources'],
    [
      'SystemCallErrorNumber',
      'EPERM',
      'A call that is refused is an error the program tells of, not its end.',
    ],
  ];
}

/** The one protection beside MemoryDenyWriteExecute= that the program cannot do with: it makes directories of mode 2770. */
const SETGID: Line = [
  'RestrictSUIDSGID',
  'no',
  'The directories of the spool have the setgid bit, so that all mail in them stays the group’s.',
];

function families(network: boolean): Line {
  return ['RestrictAddressFamilies', network ? 'AF_UNIX AF_INET AF_INET6' : 'AF_UNIX'];
}

/** Keeps a private /tmp unless something that is needed lies in the real one. */
function temporary(plan: UnitPlan): Line {
  return someBelow(neededPaths(plan), TEMPORARY)
    ? ['PrivateTmp', 'no', 'Something that qrunner.yaml names lies in the temporary directory.']
    : ['PrivateTmp', 'yes'];
}

function home(plan: UnitPlan): Line {
  return someBelow(neededPaths(plan), HOMES)
    ? [
        'ProtectHome',
        'read-only',
        'The program, or something that qrunner.yaml names, lies in a home directory.',
      ]
    : ['ProtectHome', 'yes'];
}

/** The lines of the sandbox, for the section Service. */
export function sandboxLines(plan: UnitPlan, { network }: SandboxNeeds): Line[] {
  if (plan.manager === 'user') {
    return [
      ['NoNewPrivileges', 'yes'],
      [
        'PrivateUsers',
        'yes',
        'A user’s own systemd protects files only inside a user namespace. The other protections of the system’s units need rights it does not have.',
      ],
      ['ProtectSystem', 'strict'],
      ['ProtectHome', 'read-only', 'ProtectSystem= leaves home directories out.'],
      temporary(plan),
      ['ProtectControlGroups', 'yes'],
      ['RestrictNamespaces', 'yes'],
      ['RestrictRealtime', 'yes'],
      SETGID,
      ['LockPersonality', 'yes'],
      ...systemCalls(),
      families(network),
    ];
  }
  return [
    ['NoNewPrivileges', 'yes'],
    ['CapabilityBoundingSet', ''],
    ['AmbientCapabilities', ''],
    ['ProtectSystem', 'strict'],
    home(plan),
    temporary(plan),
    ['PrivateDevices', 'yes'],
    ['DevicePolicy', 'closed'],
    ['PrivateIPC', 'yes'],
    ['PrivateUsers', 'yes'],
    ['ProtectKernelTunables', 'yes'],
    ['ProtectKernelModules', 'yes'],
    ['ProtectKernelLogs', 'yes'],
    ['ProtectControlGroups', 'yes'],
    ['ProtectClock', 'yes'],
    ['ProtectHostname', 'yes'],
    ['ProtectProc', 'invisible'],
    ['ProcSubset', 'pid'],
    ['LockPersonality', 'yes'],
    ['RestrictRealtime', 'yes'],
    SETGID,
    ['RestrictNamespaces', 'yes'],
    ['RemoveIPC', 'yes'],
    ['KeyringMode', 'private'],
    ...systemCalls(),
    families(network),
    ...(network
      ? []
      : ([
          ['PrivateNetwork', 'yes'],
          ['IPAddressDeny', 'any'],
        ] satisfies Line[])),
  ];
}

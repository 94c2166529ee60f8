import type { ErrorCode } from '../src/base/errors.ts';

/** What a script can tell from the exit status of every command. */
export const EXIT = {
  done: 0,
  notFoundOrFalse: 1,
  badUsage: 2,
  notReachable: 3,
  timedOutOrUnknown: 4,
  denied: 5,
  conflict: 6,
  interrupted: 130,
} as const;

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

/** The exit status for each error code; a new code is a compile error here. */
export const EXIT_STATUS: Readonly<Record<ErrorCode, ExitStatus>> = {
  BAD_REQUEST: EXIT.badUsage,
  KEY_INVALID: EXIT.badUsage,
  VALUE_TOO_LARGE: EXIT.badUsage,
  UNKNOWN_MACHINE: EXIT.badUsage,
  FRAME_TOO_LARGE: EXIT.badUsage,
  CONFIG_INVALID: EXIT.badUsage,
  DIRECTORY_MISMATCH: EXIT.badUsage,
  DIRECTORY_LOCKED: EXIT.badUsage,
  PORT_IN_USE: EXIT.badUsage,
  UNREACHABLE: EXIT.notReachable,
  NOT_LEADER: EXIT.notReachable,
  NO_LEADER: EXIT.notReachable,
  READ_UNCONFIRMED: EXIT.notReachable,
  SHUTTING_DOWN: EXIT.notReachable,
  PROTOCOL_VERSION: EXIT.notReachable,
  PROTOCOL_VIOLATION: EXIT.notReachable,
  CLUSTER_MISMATCH: EXIT.notReachable,
  NODE_MISMATCH: EXIT.notReachable,
  CONNECTION_LIMIT: EXIT.notReachable,
  TIMEOUT: EXIT.timedOutOrUnknown,
  LEADERSHIP_LOST: EXIT.timedOutOrUnknown,
  SESSION_EXPIRED: EXIT.timedOutOrUnknown,
  CLOSED: EXIT.timedOutOrUnknown,
  TOO_BUSY: EXIT.timedOutOrUnknown,
  SESSION_LIMIT: EXIT.timedOutOrUnknown,
  WATCH_LIMIT: EXIT.timedOutOrUnknown,
  DENIED: EXIT.denied,
  NO_SPACE: EXIT.denied,
  MACHINE_FAILED: EXIT.denied,
  AMNESIA: EXIT.denied,
  LOG_CORRUPT: EXIT.denied,
  STATE_CORRUPT: EXIT.denied,
  DISK_FULL: EXIT.denied,
  DISK_FAILED: EXIT.denied,
  REVISION_COMPACTED: EXIT.conflict,
  REVISION_FUTURE: EXIT.conflict,
  SEQUENCE_STALE: EXIT.conflict,
  MEMBER_UNKNOWN: EXIT.badUsage,
  CHANGE_INVALID: EXIT.badUsage,
  MEMBER_EXISTS: EXIT.conflict,
  MEMBER_REMOVED: EXIT.denied,
  LEARNER_BEHIND: EXIT.conflict,
  QUORUM_AT_RISK: EXIT.conflict,
  TRANSFER_FAILED: EXIT.timedOutOrUnknown,
  VERSION_UNSUPPORTED: EXIT.conflict,
  ABORTED: EXIT.interrupted,
};

/** For the end of help pages. */
export const EXIT_STATUS_HELP: string =
  'Exit status: 0 done, 1 not found or condition false, 2 bad usage, 3 cluster not reachable,\n' +
  '4 timed out or outcome unknown, 5 denied, 6 conflict or compacted, 130 interrupted.';

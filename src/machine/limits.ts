/**
 * The limits that decide what a command does. Every node must come to the same result, so they are
 * part of the release and not of a node's configuration: change one only together with every node.
 */

/** The history keeps the events of at most this many revisions… */
export const HISTORY_REVISIONS_MAX = 10_000;
/** …and at most this many bytes of them. */
export const HISTORY_BYTES_MAX: number = 64 * 1024 * 1024;

/** Sessions open at one time. */
export const SESSIONS_MAX = 10_000;
/** Commands of one session whose replies the client has not acknowledged yet. */
export const SESSION_WINDOW = 4096;
export const SESSION_TTL_MIN_MS = 1_000;
export const SESSION_TTL_MAX_MS = 3_600_000;

/** Records that one round of expiry removes about; what else is due follows with the next command. */
export const EXPIRE_RECORDS_MAX = 4096;

/** Keys that one delete-range removes; its result says whether there are more. */
export const DELETE_RANGE_MAX = 10_000;

/** Instances in the service registry. */
export const REGISTRY_INSTANCES_MAX = 50_000;

/** Length of the message that a failed machine leaves in its outcome. */
export const FAILURE_MESSAGE_MAX = 256;

/** Pieces of one product that ever came into the shop. */
export const SUPPLIED_MAX = 1_000_000_000_000;

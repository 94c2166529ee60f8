/** What the fields of frames may measure at most, on every node and client of this protocol version. */

export const CLUSTER_ID_LENGTH_MAX = 128;
export const INCARNATION_LENGTH_MAX = 64;
export const CLIENT_NAME_LENGTH_MAX = 256;
export const MACHINE_NAME_LENGTH_MAX = 64;
export const EVENT_KIND_LENGTH_MAX = 64;
export const MESSAGE_LENGTH_MAX = 4096;
export const ADDRESS_LENGTH_MAX = 300;
/** Of a key that a watch selects, or an event bears; a machine adds its own prefixes to the 64 KiB of a user. */
export const KEY_BYTES_MAX: number = 128 * 1024;
/** Of one node. */
export const ALARMS_MAX = 16;
export const MEMBERS_MAX = 64;
export const EVENTS_PER_FRAME_MAX: number = 1024 * 1024;
/** So many watches are told the same by one frame; no connection has more. */
export const WATCHES_PER_FRAME_MAX = 65_536;
export const MESSAGES_PER_FRAME_MAX = 65_536;
export const ENTRIES_PER_APPEND_MAX = 65_536;
/** Well below what the codec takes, since a body is wrapped again in the log, in snapshots and in events. */
export const BODY_DEPTH_MAX = 32;

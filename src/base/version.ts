/**
 * What this build speaks and understands, between nodes and in the log. Two builds that have a version
 * in common can make up one cluster; the cluster keeps to one version (see replica/versions.ts) until
 * every member understands a later one.
 */

/** The latest version: raised whenever something new may enter the log, or a message means something else. */
export const PROTOCOL_VERSION: number = 2;
/** The earliest that this build still gets along with. */
export const PROTOCOL_VERSION_MIN: number = 1;
/** Of a cluster whose records do not say. */
export const FIRST_VERSION: number = 1;

/**
 * The cluster version that each of these needs; what is not named here nor by its machine is as old as the log.
 * To remove a member is possible at any version.
 */
export const VERSION_NEEDED: { readonly memberChange: number; readonly stateAudit: number } = {
  memberChange: 2,
  stateAudit: 2,
};

/** What a request may ask for; REGISTRY_INSTANCES_MAX is in `../limits.ts`. */
export const NAME_LENGTH_MAX = 128;
export const ADDRESS_LENGTH_MAX = 255;
export const TAGS_MAX = 64;
export const TAG_LENGTH_MAX = 128;
export const META_FIELDS_MAX = 64;
export const META_NAME_LENGTH_MAX = 128;
export const META_VALUE_LENGTH_MAX = 512;
export const INSTANCE_TTL_MIN_MS = 1_000;
export const INSTANCE_TTL_MAX_MS = 86_400_000;
export const INSTANCE_TTL_DEFAULT_MS = 15_000;
export const DEREGISTER_AFTER_MIN_MS = 1_000;
export const DEREGISTER_AFTER_MAX_MS = 604_800_000;
export const DEREGISTER_AFTER_DEFAULT_MS = 60_000;
/** Services or instances in one answer. */
export const LOOKUP_LIMIT_MAX = 1_000;

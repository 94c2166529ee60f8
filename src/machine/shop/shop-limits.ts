/** What a request may ask for. Chosen so that no sum or product of them leaves the safe integers. */
export const USER_NAME_LENGTH_MAX = 64;
export const EMAIL_LENGTH_MAX = 254;
export const PRODUCT_NAME_LENGTH_MAX = 200;
export const DESCRIPTION_LENGTH_MAX = 10_000;
export const PAYMENT_REFERENCE_LENGTH_MAX = 200;
export const PRICE_MINOR_MAX = 1_000_000_000_000;
export const QUANTITY_MAX = 999;
/** Things in one answer. */
export const PAGE_LIMIT_MAX = 1_000;
export const SALT_BYTES_MIN = 16;
export const HASH_BYTES_MIN = 32;
export const PASSWORD_BYTES_MAX = 64;
export const SCRYPT_COST_MIN = 1024;
/** N times r: 128 MiB of memory for whoever checks the password. */
export const SCRYPT_MEMORY_BLOCKS_MAX: number = 2 ** 20;
export const SCRYPT_BLOCK_SIZE_MAX = 32;
export const SCRYPT_PARALLELIZATION_MAX = 16;

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { StoreError } from '../base/errors.ts';
import type { PasswordHash } from '../machine/shop/shop-types.ts';

/** N = 2^15 blocks of 128 × r bytes: 32 MiB and about 0.1 s for one hash (RFC 7914). */
const COST = 2 ** 15;
const BLOCK_SIZE = 8;
const PARALLELIZATION = 1;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** N times r; as much as the cluster lets into a stored hash. */
const MEMORY_BLOCKS_MAX = 2 ** 20;
const PASSWORD_LENGTH_MAX = 1_024;

/**
 * A salted, memory-hard hash of a password. Made by the client, so that no password reaches the log
 * of the cluster.
 *
 * @throws StoreError BAD_REQUEST for an empty password or one of more than 1,024 characters
 */
export async function hashPassword(password: string): Promise<PasswordHash> {
  if (password.length === 0 || password.length > PASSWORD_LENGTH_MAX) {
    throw new StoreError('BAD_REQUEST', `a password has 1 to ${PASSWORD_LENGTH_MAX} characters`);
  }
  const cost = { cost: COST, blockSize: BLOCK_SIZE, parallelization: PARALLELIZATION };
  const salt = randomBytes(SALT_BYTES);
  return { algorithm: 'scrypt', ...cost, salt, hash: await derive(password, salt, HASH_BYTES, cost) };
}

/**
 * Whether the password is the one of the hash. Takes as long if there is no hash, so that the time
 * does not tell whether there is such a user.
 */
export async function verifyPassword(password: string, stored: PasswordHash | undefined): Promise<boolean> {
  const wanted = stored ?? NOBODY;
  if (password.length > PASSWORD_LENGTH_MAX || wanted.cost * wanted.blockSize > MEMORY_BLOCKS_MAX)
    return false;
  const actual = await derive(password, wanted.salt, wanted.hash.length, wanted);
  return timingSafeEqual(actual, wanted.hash) && stored !== undefined;
}

const NOBODY: PasswordHash = {
  algorithm: 'scrypt',
  cost: COST,
  blockSize: BLOCK_SIZE,
  parallelization: PARALLELIZATION,
  salt: new Uint8Array(SALT_BYTES),
  hash: new Uint8Array(HASH_BYTES),
};

function derive(
  password: string,
  salt: Uint8Array,
  bytes: number,
  { cost, blockSize, parallelization }: Pick<PasswordHash, 'cost' | 'blockSize' | 'parallelization'>,
): Promise<Uint8Array> {
  const maxmem = 256 * blockSize * (cost + parallelization);
  return new Promise((resolve, reject) => {
    const options = { N: cost, r: blockSize, p: parallelization, maxmem };
    scrypt(password.normalize('NFKC'), salt, bytes, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { StoreError } from '../base/errors.ts';

/** Cost of one hash: 2^15 blocks of 8 × 128 bytes, 32 MiB, about 0.1 s (RFC 7914). */
const COST_LOG2 = 15;
const BLOCK_SIZE = 8;
const PARALLEL = 1;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Accepted in a stored hash: more would let a bad record stop the client. */
const COST_LOG2_MAX = 20;
const PASSWORD_LENGTH_MAX = 1_024;

interface Cost {
  readonly log2: number;
  readonly blockSize: number;
  readonly parallel: number;
}

/**
 * A salted, memory-hard hash of a password, as text: `scrypt$15$8$1$salt$hash`. Made by the client,
 * so that no password reaches the log of the cluster.
 *
 * @throws StoreError BAD_REQUEST for an empty password or one of more than 1,024 characters
 */
export async function hashPassword(password: string): Promise<string> {
  if (password.length === 0 || password.length > PASSWORD_LENGTH_MAX) {
    throw new StoreError('BAD_REQUEST', `a password has 1 to ${PASSWORD_LENGTH_MAX} characters`);
  }
  const salt = randomBytes(SALT_BYTES);
  const cost = { log2: COST_LOG2, blockSize: BLOCK_SIZE, parallel: PARALLEL };
  const hash = await derive(password, salt, HASH_BYTES, cost);
  const numbers = [COST_LOG2, BLOCK_SIZE, PARALLEL].join('$');
  return `scrypt$${numbers}$${salt.toString('base64url')}$${hash.toString('base64url')}`;
}

/** Whether the password is the one of the hash; the time that it takes does not tell how near it is. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const match = /^scrypt\$(\d{1,2})\$(\d{1,2})\$(\d{1,2})\$([\w-]{16,88})\$([\w-]{22,88})$/.exec(stored);
  if (match === null || password.length > PASSWORD_LENGTH_MAX) return false;
  const [, log2, blockSize, parallel, salt = '', hash = ''] = match;
  const cost = { log2: Number(log2), blockSize: Number(blockSize), parallel: Number(parallel) };
  if (cost.log2 > COST_LOG2_MAX || cost.log2 < 1 || cost.blockSize < 1 || cost.parallel < 1) return false;
  const expected = Buffer.from(hash, 'base64url');
  const actual = await derive(password, Buffer.from(salt, 'base64url'), expected.length, cost);
  return timingSafeEqual(actual, expected);
}

function derive(password: string, salt: Buffer, bytes: number, cost: Cost): Promise<Buffer> {
  const { log2, blockSize, parallel } = cost;
  const options = { N: 2 ** log2, r: blockSize, p: parallel, maxmem: 2 ** (log2 + 8) * blockSize };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, bytes, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

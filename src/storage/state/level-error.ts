import { InvariantError } from '../../base/assert.ts';
import { StoreError } from '../../base/errors.ts';
import { isDiskFull, systemCode } from '../disk-error.ts';

const OUTSIDE_CODES: ReadonlySet<string> = new Set([
  'EACCES',
  'EPERM',
  'EMFILE',
  'ENFILE',
  'EROFS',
  'LEVEL_LOCKED',
]);
const OUTSIDE_MESSAGES =
  /permission denied|operation not permitted|too many open files|read-only file system/i;

/**
 * Whether an error has causes outside the database (no space, no permission, another process), so
 * that the database may be sound and must not be set aside.
 */
export function isOutside(error: unknown): boolean {
  if (error instanceof StoreError || error instanceof InvariantError || isDiskFull(error)) return true;
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (OUTSIDE_CODES.has(systemCode(at) ?? '') || OUTSIDE_MESSAGES.test(at.message)) return true;
  }
  return false;
}

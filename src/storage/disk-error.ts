import { StoreError } from '../base/errors.ts';

const FULL_CODES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

/** The code that the system, or the library in between, gave to an error. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Whether the disk, or what we may use of it, is full. LevelDB tells only by its message. */
export function isDiskFull(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (FULL_CODES.has(systemCode(at) ?? '') || /no space left|quota exceeded/i.test(at.message)) return true;
  }
  return false;
}

/**
 * DISK_FULL or DISK_FAILED, with what was being done; how much of it was done is not known. A
 * StoreError stays what it is.
 */
export function diskError(error: unknown, doing: string): StoreError {
  if (error instanceof StoreError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const code = isDiskFull(error) ? 'DISK_FULL' : 'DISK_FAILED';
  return new StoreError(code, `${doing}: ${reason}`, { cause: error, outcome: 'unknown' });
}

import { expect, test } from 'vitest';
import { BufferPool, POOLED_BYTES_MIN } from '../../src/base/buffer-pool.ts';

const MIB = 1024 * 1024;

test('a buffer that came back is used again, for what is as long or shorter', () => {
  const pool = new BufferPool(4 * MIB);
  const first = pool.take(MIB - 100);
  expect(first.byteLength).toBeGreaterThanOrEqual(MIB - 100);
  pool.give(first);
  expect(pool.take(MIB + 1)).not.toBe(first);
  expect(pool.take(POOLED_BYTES_MIN)).toBe(first);
});

test('nobody gets a buffer that another one still has', () => {
  const pool = new BufferPool(4 * MIB);
  const buffers = [pool.take(MIB), pool.take(MIB)];
  for (const buffer of buffers) pool.give(buffer);
  expect(new Set([pool.take(MIB), pool.take(MIB), pool.take(MIB)]).size).toBe(3);
});

test('small buffers are as long as asked for, and not kept', () => {
  const pool = new BufferPool(4 * MIB);
  const small = pool.take(100);
  expect(small.byteLength).toBe(100);
  pool.give(small);
  expect(pool.take(100)).not.toBe(small);
});

test('no more is kept than the limit: the eldest go', () => {
  const pool = new BufferPool(2 * MIB);
  const buffers = [pool.take(MIB), pool.take(MIB), pool.take(MIB)];
  for (const buffer of buffers) pool.give(buffer);
  expect([pool.take(MIB), pool.take(MIB)]).toStrictEqual(buffers.slice(1));
  expect(buffers).not.toContain(pool.take(MIB));
});

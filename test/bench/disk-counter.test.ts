import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { deviceNumbers, DiskCounter, sectorsWritten } from '../../bench/measure/disk-counter.ts';

test.each([
  [0xfe00n, 254, 0],
  [0x803n, 8, 3],
  [0x12000abc345den, 0x12345, 0xabcde],
])('device %d is %d:%d', (device, major, minor) => {
  expect(deviceNumbers(device)).toEqual({ major, minor });
});

test('the sectors written are the seventh field', () => {
  const line = '  5281  120  402134  2210  99120  771  8812344  10233  0  8810  12443  0 0 0 0 0 0\n';
  expect(sectorsWritten(line)).toBe(8_812_344);
});

test('where there is a block device its count does not go back', () => {
  const disk = DiskCounter.of(tmpdir());
  if (disk === undefined) return;
  const before = disk.flushedBytes();
  expect(before).toBeGreaterThan(0);
  expect(disk.flushedBytes()).toBeGreaterThanOrEqual(before);
});

test('a file system without a device below it has no count', () => {
  expect(DiskCounter.of('/proc')).toBeUndefined();
});

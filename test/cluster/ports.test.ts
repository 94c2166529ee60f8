import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { expect, test } from 'vitest';
import { findFreeBlock, isFree } from '../../cluster/ports.ts';

function listen(): Promise<{ readonly server: Server; readonly port: number }> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      resolve({ server, port });
    });
  });
}

test('a block begins after the last port in it that is taken', async () => {
  const { server, port } = await listen();
  expect(await isFree(port)).toBe(false);
  const start = await findFreeBlock(port, 3);
  expect(start).toBeGreaterThan(port);
  await new Promise((resolve) => server.close(resolve));
});

test('there is no block past the last port', async () => {
  expect(await findFreeBlock(65_535, 2)).toBeUndefined();
});

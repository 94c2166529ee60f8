import { createServer } from 'node:net';

const HOST = '127.0.0.1';
const PORT_MAX = 65_535;

/** Whether somebody could listen there now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: HOST, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * The first port of the first block of `count` free ports in a row, from `first` up; undefined when
 * there is none up to the last port.
 */
export async function findFreeBlock(first: number, count: number): Promise<number | undefined> {
  let start = first;
  for (let port = first; port <= PORT_MAX; port++) {
    if (!(await isFree(port))) start = port + 1;
    else if (port - start + 1 === count) return start;
  }
  return undefined;
}

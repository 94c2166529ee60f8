import { findFreeBlock } from '../../cluster/ports.ts';

/** So many free ports in a row, from `first` up. */
export async function freePorts(first: number, count: number): Promise<readonly number[]> {
  const port = await findFreeBlock(first, count);
  if (port === undefined) throw new Error(`no ${count} free ports in a row from ${first} up`);
  return Array.from({ length: count }, (_, at) => port + at);
}

import type { ServiceInstance } from '../../src/machine/registry/registry-types.ts';
import { badUsage } from '../failure.ts';

/** `host:port`, an IPv6 address in brackets. */
export function addressOf({ address, port }: Pick<ServiceInstance, 'address' | 'port'>): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The parts of `host:port`. */
export function splitAddress(text: string): Pick<ServiceInstance, 'address' | 'port'> {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  if (match === null) throw badUsage(`an address is host:port, not ${JSON.stringify(text)}`);
  return { address: match[1] ?? match[2] ?? '', port: Number(match[3]) };
}

import { StoreError } from '../base/errors.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

const ADDRESS = /^(?:\[(?<six>[0-9a-fA-F:.]+)\]|(?<host>[^:[\]\s/]+)):(?<port>\d{1,5})$/;

/**
 * `host:port`; an IPv6 address stands in brackets.
 *
 * @throws StoreError CONFIG_INVALID, naming the setting
 */
export function parseAddress(setting: string, text: string): Address {
  const groups = ADDRESS.exec(text)?.groups;
  const host = groups?.['six'] ?? groups?.['host'];
  const port = Number(groups?.['port']);
  if (host === undefined || port > 65_535) {
    throw new StoreError('CONFIG_INVALID', `${setting}: ${JSON.stringify(text)} is not host:port`);
  }
  return { host, port };
}

export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

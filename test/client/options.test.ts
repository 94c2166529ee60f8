import { expect, test } from 'vitest';
import { clientSettings, parseEndpoints } from '../../src/client/options.ts';

test('endpoints are host:port, in a list or a string, each once', () => {
  expect(parseEndpoints('a:1, b:2,,a:1')).toEqual(['a:1', 'b:2']);
  expect(parseEndpoints(['kvorum://a:1/', 'ws://[::1]:7401', 'http://h:80'])).toEqual([
    'a:1',
    '[::1]:7401',
    'h:80',
  ]);
});

test.each(['', ',', 'a', 'a:', 'a:0', 'a:65536', ':1', 'a:b', 'a:1/path', 'user@a:1', '::1:7401'])(
  '%j is no endpoint',
  (text) => {
    expect(() => parseEndpoints(text)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  },
);

test.each([0, -1, Number.NaN, Infinity])('a limit of %s makes no sense', (inFlightMax) => {
  expect(() => clientSettings({ endpoints: 'a:1', inFlightMax })).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID' }),
  );
});

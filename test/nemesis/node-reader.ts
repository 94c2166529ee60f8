import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { NodeId } from '../../src/base/flavor.ts';
import { binaryText, bytesText } from '../../src/client/bytes.ts';
import type { KvAnswer } from '../../src/machine/kv/kv-types.ts';
import type { RegistryAnswer } from '../../src/machine/registry/registry-types.ts';
import type { Order, Product, ShopAnswer } from '../../src/machine/shop/shop-types.ts';
import { encodeClientFrames } from '../../src/wire/client-codec.ts';
import type { ServerFrame } from '../../src/wire/client-frames.ts';
import { decodeServerFrames } from '../../src/wire/server-codec.ts';
import { waitUntil } from '../../cluster/wait-until.ts';
import type { FinalKey, FinalState } from './checks/evidence.ts';
import { SERVICE } from './workloads/registry.ts';

const ANSWER_TIMEOUT_MS = 10_000;
const PAGE = 1_000;

/** Reads all that one node holds, from that very node: unlike a client it follows no leader. */
export async function readNode(id: NodeId, address: string, userIds: readonly number[]): Promise<FinalState> {
  const node = await NodeReader.connect(id, address);
  try {
    const keys = await node.keys();
    const products = await node.products();
    const orders: Order[] = [];
    for (const userId of userIds) orders.push(...(await node.orders(userId)));
    return { keys, products, orders, instances: await node.instances() };
  } finally {
    node.close();
  }
}

class NodeReader {
  readonly #id: NodeId;
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, ServerFrame>();
  #request = 0;

  private constructor(id: NodeId, socket: WebSocket) {
    this.#id = id;
    this.#socket = socket;
    socket.on('error', () => undefined); // shows by the answers that do not come
    socket.on('message', (data: Buffer) => {
      for (const frame of decodeServerFrames(data))
        if ('request' in frame) this.#answers.set(frame.request, frame);
    });
  }

  static async connect(id: NodeId, address: string): Promise<NodeReader> {
    const socket = new WebSocket(`ws://${address}/client`, { perMessageDeflate: false });
    const reader = new NodeReader(id, socket);
    await once(socket, 'open');
    socket.send(encodeClientFrames([{ kind: 'hello', clusterId: undefined, client: 'nemesis' }]));
    return reader;
  }

  async keys(): Promise<ReadonlyMap<string, FinalKey>> {
    const keys = new Map<string, FinalKey>();
    for (let from = '\0', more = true; more;) {
      const page = await this.#query<KvAnswer>('kv', { kind: 'range', from, limit: PAGE });
      if (page.kind !== 'range') throw new TypeError('a range is answered by a range');
      for (const { key, value, version, modRevision } of page.entries) {
        keys.set(binaryText(key), { text: bytesText(value), version, modRevision });
      }
      more = page.more;
      from = `${page.entries.at(-1)?.key}\0`;
    }
    return keys;
  }

  async products(): Promise<readonly Product[]> {
    const products: Product[] = [];
    for (let more = true; more;) {
      const after = products.at(-1)?.productId ?? 0;
      const page = await this.#query<ShopAnswer>('shop', { kind: 'list-products', after });
      if (page.kind !== 'products') throw new TypeError('products were asked for');
      products.push(...page.products);
      more = page.more;
    }
    return products;
  }

  async orders(userId: number): Promise<readonly Order[]> {
    const orders: Order[] = [];
    for (let more = true; more;) {
      const after = orders.at(-1)?.orderId ?? 0;
      const page = await this.#query<ShopAnswer>('shop', { kind: 'list-orders', userId, after });
      if (page.kind !== 'orders') throw new TypeError('orders were asked for');
      orders.push(...page.orders);
      more = page.more;
    }
    return orders;
  }

  async instances(): Promise<readonly string[]> {
    const answer = await this.#query<RegistryAnswer>('registry', { kind: 'lookup', service: SERVICE });
    if (answer.kind !== 'lookup') throw new TypeError('a lookup is answered by a lookup');
    return answer.instances.map(({ id, status }) => `${id} ${status}`);
  }

  close(): void {
    this.#socket.terminate();
  }

  async #query<T>(machine: string, body: unknown): Promise<T> {
    const request = ++this.#request;
    this.#socket.send(encodeClientFrames([{ kind: 'query', request, machine, body, consistency: 'stale' }]));
    const what = `an answer of node ${this.#id}`;
    const answer = await waitUntil({ what, timeoutMs: ANSWER_TIMEOUT_MS }, () => this.#answers.get(request));
    this.#answers.delete(request);
    if (answer.kind !== 'result') throw new Error(`node ${this.#id}: ${JSON.stringify(answer)}`);
    return answer.result as T;
  }
}

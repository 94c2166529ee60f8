import { fileURLToPath } from 'node:url';
import { type Client, connect } from '../../src/client/client.ts';
import { freePorts } from './free-ports.ts';
import { pidsOf, ServerProcess } from './server-process.ts';
import type { Target } from './target.ts';

const STUB_NODE = fileURLToPath(new URL('./stub-node.js', import.meta.url));
const READY_MS = 10_000;
const IN_FLIGHT_MAX = 4096;

/** Kvorum's client and nobody behind it: what the load generator could drive if the store cost nothing. */
export class StubTarget implements Target {
  readonly name = 'generator';
  readonly directory = undefined;
  readonly #port: number;
  readonly #client: Client;
  #process: ServerProcess | undefined;

  private constructor(port: number) {
    this.#port = port;
    this.#client = connect(`127.0.0.1:${port}`, { inFlightMax: IN_FLIGHT_MAX });
  }

  static async create(firstPort: number): Promise<StubTarget> {
    const [port = firstPort] = await freePorts(firstPort, 1);
    return new StubTarget(port);
  }

  get pids(): readonly number[] {
    return this.#process === undefined ? [] : pidsOf([this.#process]);
  }

  async start(): Promise<void> {
    this.#process = new ServerProcess(process.execPath, [STUB_NODE, String(this.#port)]);
    await this.#client.ready({ timeoutMs: READY_MS });
  }

  async put(key: string, value: Uint8Array): Promise<void> {
    await this.#client.kv.put(key, value);
  }

  async get(key: string): Promise<void> {
    await this.#client.kv.get(key);
  }

  async stop(): Promise<void> {
    await this.#client.close();
    await this.#process?.kill();
  }
}

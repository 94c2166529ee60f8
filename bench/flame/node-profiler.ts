import { readFileSync } from 'node:fs';
import type { Profiler } from 'node:inspector';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { waitUntil } from '../../cluster/wait-until.ts';

/** A Node that is told to open its inspector takes a free port, and prints it. */
export const INSPECTABLE: Readonly<Record<string, string>> = { NODE_OPTIONS: '--inspect-port=127.0.0.1:0' };

const OPEN_MS = 10_000;
const INTERVAL_US = 250;

/** Samples the main thread of another Node process through its inspector. */
export class NodeProfiler {
  readonly #socket: WebSocket;
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** @param logPath where the process, started with {@link INSPECTABLE}, prints to */
  static async attach(pid: number, logPath: string): Promise<NodeProfiler> {
    process.kill(pid, 'SIGUSR1');
    const url = await waitUntil({ what: `the inspector of process ${pid}`, timeoutMs: OPEN_MS }, () =>
      readFileSync(logPath, 'utf8')
        .match(/ws:\/\/127\.0\.0\.1:\d+\/[\w-]+/g)
        ?.at(-1),
    );
    const socket = new WebSocket(url, { perMessageDeflate: false });
    await once(socket, 'open');
    return new NodeProfiler(socket);
  }

  async start(): Promise<void> {
    await this.#call('Profiler.enable');
    await this.#call('Profiler.setSamplingInterval', { interval: INTERVAL_US });
    await this.#call('Profiler.start');
  }

  async stop(): Promise<Profiler.Profile> {
    const { profile } = (await this.#call('Profiler.stop')) as Profiler.StopReturnType;
    this.#socket.close();
    return profile;
  }

  /** One call of the Chrome DevTools protocol. */
  #call(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const onMessage = (data: Buffer): void => {
        const answer = JSON.parse(data.toString()) as { id?: number; result?: unknown; error?: object };
        if (answer.id !== id) return;
        this.#socket.off('message', onMessage);
        if (answer.error === undefined) resolve(answer.result);
        else reject(new Error(`${method}: ${JSON.stringify(answer.error)}`));
      };
      this.#socket.on('message', onMessage);
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }
}

/** What a node tells its operator: one line for each thing that happened. */

export type LogLevel = 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export type LogFormat = 'json' | 'text';

export interface EventLog {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** Writes each event as one line: NDJSON, or text for people. */
export function lineLog(format: LogFormat, write: (line: string) => void): EventLog {
  const line = format === 'json' ? jsonLine : textLine;
  return {
    info: (event, fields = {}) => write(line('info', event, fields)),
    warn: (event, fields = {}) => write(line('warn', event, fields)),
    error: (event, fields = {}) => write(line('error', event, fields)),
  };
}

/** Drops everything. */
export const SILENT_LOG: EventLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

const REMEMBERED_MAX = 256;
const REPEAT_MS = 10_000;

/** Passes an event on unless the very same one came a moment ago: what peers cause must not flood the log. */
export function withoutRepeats(log: EventLog): EventLog {
  const lastMs = new Map<string, number>();
  const once = (tell: (event: string, fields?: LogFields) => void) => (event: string, fields?: LogFields) => {
    const what = `${event} ${JSON.stringify(fields)}`;
    const nowMs = performance.now();
    if (nowMs - (lastMs.get(what) ?? -Infinity) < REPEAT_MS) return;
    if (lastMs.size >= REMEMBERED_MAX) lastMs.clear();
    lastMs.set(what, nowMs);
    tell(event, fields);
  };
  return { info: once(log.info), warn: once(log.warn), error: once(log.error) };
}

function jsonLine(level: LogLevel, event: string, fields: LogFields): string {
  return `${JSON.stringify({ time: new Date().toISOString(), level, event, ...fields })}\n`;
}

function textLine(level: LogLevel, event: string, fields: LogFields): string {
  const time = new Date().toISOString().slice(11, 23);
  const pairs = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${typeof value === 'string' ? printable(value) : value}`);
  return `${time} ${level.padEnd(5)} ${event}${pairs.join('')}\n`;
}

/** In quotes if it would not stand as one word; nothing that a peer says reaches a terminal as it is. */
function printable(text: string): string {
  return /^[\w.:/@-]+$/.test(text) ? text : JSON.stringify(text);
}

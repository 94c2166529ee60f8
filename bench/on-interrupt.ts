const EXIT_STATUS = { SIGINT: 130, SIGTERM: 143 } as const;

/** Cleans up when the process is told to end, then ends it: nodes live in sessions of their own. */
export function onInterrupt(cleanUp: () => Promise<void>): void {
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      void cleanUp().finally(() => process.exit(EXIT_STATUS[name]));
    });
  }
}

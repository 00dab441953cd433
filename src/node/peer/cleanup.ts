/** What was started and must be stopped, last first, whatever happens. */
export interface Cleanup {
  add(stop: () => Promise<void> | void): void
  /** Stops everything; a second call waits for the first. Rejects with the first failure, after all was tried. */
  run(): Promise<void>
}

function createCleanup(): Cleanup {
  const stops: (() => Promise<void> | void)[] = []
  let running: Promise<void> | undefined
  return {
    add: stop => void stops.push(stop),
    run: () => (running ??= stopAll(stops))
  }
}

async function stopAll(stops: readonly (() => Promise<void> | void)[]): Promise<void> {
  const failures: unknown[] = []
  for (const stop of stops.toReversed()) {
    try {
      await stop()
    } catch (thrown) {
      failures.push(thrown)
    }
  }
  if (failures.length > 0) throw failures[0]
}

/** Runs `use`, then stops whatever it started. */
export async function withCleanup<T>(use: (cleanup: Cleanup) => Promise<T>): Promise<T> {
  const cleanup = createCleanup()
  try {
    return await use(cleanup)
  } finally {
    await cleanup.run()
  }
}

export function untilAborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (signal.aborted) resolve()
  signal.addEventListener('abort', () => resolve(), { once: true })
  return promise
}

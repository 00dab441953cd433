import type { Clock, Millis } from '../../bytes/index.ts'

/** Resolves after this time, or at once when the signal fires. */
export function pause(clock: Clock, delay: Millis, signal: AbortSignal | undefined): Promise<void> {
  return new Promise(resolve => {
    const cancel = clock.after(delay, end)
    signal?.addEventListener('abort', end, { once: true })
    if (signal?.aborted === true) end()
    function end(): void {
      cancel()
      signal?.removeEventListener('abort', end)
      resolve()
    }
  })
}

import { setTimeout as delay } from 'node:timers/promises'

/** A command that owns the folder is done soon, and a peer that starts answers; `send` is the longest, with 10 s online. */
const PATIENCE_MS = 15_000
const RETRY_MS = 50

/** Tries until there is a result; throws what `giveUp` makes when it takes too long. */
export async function waitForFolder<T>(
  tryOnce: () => Promise<T | undefined>,
  giveUp: () => Promise<Error>,
  signal: AbortSignal
): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const result = await tryOnce()
    if (result !== undefined) return result
    if (Date.now() > deadline) throw await giveUp()
    await delay(RETRY_MS, undefined, { signal })
  }
}

import type { Clock, Millis } from '../../bytes/index.ts'

/**
 * Runs a task with a signal that fires after `limit`, or with `parent`, and rejects then, even when the task does not
 * heed the signal; nothing is left behind when the task ends.
 */
export async function withDeadline<T>(
  clock: Clock,
  limit: Millis,
  parent: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>
): Promise<T> {
  parent.throwIfAborted()
  const controller = new AbortController()
  const { promise: ended, reject } = Promise.withResolvers<never>()
  const end = (reason: unknown): void => {
    controller.abort(reason)
    reject(reason)
  }
  const stop = (): void => end(parent.reason)
  parent.addEventListener('abort', stop)
  const cancel = clock.after(limit, () => end(new Error('no answer in time')))
  try {
    return await Promise.race([run(controller.signal), ended])
  } finally {
    cancel()
    parent.removeEventListener('abort', stop)
  }
}

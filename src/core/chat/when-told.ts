import type { Listeners } from './listeners.ts'
import type { PeerEvent } from './peer.ts'

/** What `look` finds now, or once there is news; rejects as `look` does, and on abort. */
export async function whenTold<T>(
  events: Listeners<PeerEvent>,
  isNews: (event: PeerEvent) => boolean,
  signal: AbortSignal,
  look: () => Promise<T | undefined>
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const check = async (): Promise<void> => {
    const found = await look()
    if (found !== undefined) resolve(found)
  }
  const unlisten = events.listen(event => {
    if (isNews(event)) check().catch(reject)
  })
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    signal.throwIfAborted()
    await check()
    return await promise
  } finally {
    unlisten()
    signal.removeEventListener('abort', abort)
  }
}

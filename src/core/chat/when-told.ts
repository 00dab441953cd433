import type { Listeners } from './listeners.ts'
import type { PeerEvent } from './peer.ts'

/** What `look` finds now, or once something new is told of the message of this id; rejects on abort. */
export async function whenTold<T>(
  events: Listeners<PeerEvent>,
  id: string,
  signal: AbortSignal,
  look: () => Promise<T | undefined>
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const check = async (): Promise<void> => {
    const found = await look()
    if (found !== undefined) resolve(found)
  }
  const unlisten = events.listen(event => {
    if ((event.event === 'delivered' || event.event === 'kept') && event.id === id) check().catch(reject)
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

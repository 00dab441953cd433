/**
 * One tab per profile runs the peer: two would share one store and one PeerId. The tab that runs holds a Web Lock;
 * another may ask for it, upon which the holder stops its peer, lets go and says so.
 */
export interface TabLock {
  /** True when this tab may run the peer now. `onLost` is called when another tab takes over; the lock is let go after it. */
  take(onLost: () => Promise<void>): Promise<boolean>
  /** As `take`, but asks the tab that holds the lock to let go, and waits. */
  takeOver(onLost: () => Promise<void>): Promise<void>
  release(): void
}

/** A tab that the browser has frozen cannot answer; after this time the lock is taken from it. */
const TAKE_OVER_MILLIS = 5000
const ASK = 'let go'

export function createTabLock(profile: string): TabLock {
  const name = `starling/${profile}`
  const channel = new BroadcastChannel(name)
  let letGo: (() => void) | undefined
  let lost: (() => Promise<void>) | undefined

  channel.addEventListener('message', ({ data }) => {
    if (data === ASK) void lose()
  })

  async function lose(): Promise<void> {
    const stop = lost
    lost = undefined
    await stop?.().catch(() => undefined)
    release()
  }

  function release(): void {
    letGo?.()
    letGo = undefined
    lost = undefined
  }

  function request(options: LockOptions, onLost: () => Promise<void>): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const held = navigator.locks.request(name, options, lock => {
        resolve(lock !== null)
        if (lock === null) return undefined
        lost = onLost
        return new Promise<void>(done => (letGo = done))
      })
      // A rejection after the lock was held means that it was stolen: this tab had been frozen.
      held.catch(async (thrown: unknown) => {
        reject(thrown)
        await lose()
      })
    })
  }

  return {
    take: onLost => request({ ifAvailable: true }, onLost),
    async takeOver(onLost) {
      channel.postMessage(ASK)
      await request({ signal: AbortSignal.timeout(TAKE_OVER_MILLIS) }, onLost).catch(() =>
        request({ steal: true }, onLost)
      )
    },
    release
  }
}

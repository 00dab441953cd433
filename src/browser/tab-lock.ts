/**
 * One tab per profile runs the peer: two would share one store and one PeerId. The tab that runs holds a Web Lock;
 * another may ask for it, upon which the holder stops its peer, lets go and says so.
 */
export interface TabLock {
  /**
   * True when this tab may run the peer now. `onLost` is called when another tab takes over; the lock is let go after it.
   * The lock that a page held which is being reloaded or closed becomes free a moment after it is gone, so one that is
   * taken is waited for until the tab that holds it answers.
   */
  take(onLost: () => Promise<void>): Promise<boolean>
  /** As `take`, but asks the tab that holds the lock to let go, and waits. */
  takeOver(onLost: () => Promise<void>): Promise<void>
  release(): void
}

/** A tab that the browser has frozen cannot answer; after this time the lock is taken from it. */
const TAKE_OVER_MILLIS = 5000
/** Nor can it say that it holds the lock: this long is waited for its answer. */
const ANSWER_MILLIS = 3000
const ASK = 'let go'
const WHO = 'who holds it?'
const HELD = 'held'

export function createTabLock(profile: string, answerMillis = ANSWER_MILLIS): TabLock {
  const name = `starling/${profile}`
  const channel = new BroadcastChannel(name)
  let letGo: (() => void) | undefined
  let lost: (() => Promise<void>) | undefined
  let waiting = new AbortController()

  channel.addEventListener('message', ({ data }) => {
    if (data === ASK) void lose()
    if (data === WHO && letGo !== undefined) channel.postMessage(HELD)
    if (data === HELD) waiting.abort()
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

  function request(options: LockOptions, onLost: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      let isHolding = false
      const held = navigator.locks.request(name, options, () => {
        resolve()
        isHolding = true
        lost = onLost
        channel.postMessage(HELD)
        return new Promise<void>(done => (letGo = done))
      })
      // A rejection after the lock was held means that it was stolen: this tab had been frozen.
      held.catch(async (thrown: unknown) => {
        reject(thrown)
        if (isHolding) await lose()
      })
    })
  }

  /** Whether another tab has it, as long as this one waits for it. */
  async function isTaken(): Promise<boolean> {
    const { held, pending } = await navigator.locks.query()
    return [held, pending].every(locks => locks?.some(lock => lock.name === name) === true)
  }

  return {
    async take(onLost) {
      const { signal } = (waiting = new AbortController())
      channel.postMessage(WHO)
      // A busy browser may be slow to give what nobody has.
      const timer = setTimeout(async () => (await isTaken()) && waiting.abort(), answerMillis)
      try {
        await request({ signal }, onLost)
        return true
      } catch (thrown) {
        if (signal.aborted) return false
        throw thrown
      } finally {
        clearTimeout(timer)
      }
    },
    async takeOver(onLost) {
      channel.postMessage(ASK)
      await request({ signal: AbortSignal.timeout(TAKE_OVER_MILLIS) }, onLost).catch(() =>
        request({ steal: true }, onLost)
      )
    },
    release
  }
}

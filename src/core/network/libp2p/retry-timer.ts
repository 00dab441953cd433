import type { Clock, Millis } from '../../bytes/index.ts'

/** One pending call at a time: setting it again replaces it. */
export interface RetryTimer {
  set(delay: Millis, run: () => void): void
  readonly pending: boolean
  clear(): void
}

export function createRetryTimer(clock: Clock): RetryTimer {
  let cancel: (() => void) | undefined
  function clear(): void {
    cancel?.()
    cancel = undefined
  }
  return {
    get pending() {
      return cancel !== undefined
    },
    set(delay, run) {
      clear()
      cancel = clock.after(delay, () => {
        cancel = undefined
        run()
      })
    },
    clear
  }
}

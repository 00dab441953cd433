import { signal, type ReadonlySignal } from '@preact/signals'

/** Until then a first connection may still come: on a slow line libp2p loads, dials and is answered within it. */
const CONNECT_MILLIS = 10_000
/** Once connected: asking the network for a room's members takes 1 s, to dial one of them another, and some to spare. */
const MEET_MILLIS = 3000

/** The time in which "looking" is the honest word. */
export interface Look {
  /** Whoever could be met at once has been met. */
  readonly settled: ReadonlySignal<boolean>
  /** There is a way to the others now, or one more room to look for them in. */
  beginConnected(): void
  stop(): void
}

export function createLook(): Look {
  const settled = signal(false)
  let timer: ReturnType<typeof setTimeout> | undefined

  function begin(limit: number): void {
    clearTimeout(timer)
    settled.value = false
    timer = setTimeout(() => (settled.value = true), limit)
  }

  begin(CONNECT_MILLIS)
  return { settled, beginConnected: () => begin(MEET_MILLIS), stop: () => clearTimeout(timer) }
}

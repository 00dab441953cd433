import { effect, signal, type ReadonlySignal } from '@preact/signals'
import { errorMessage } from '../../core/bytes/index.ts'
import type { PeerStatus } from '../../core/chat/index.ts'
import type { Report } from '../../core/doctor/index.ts'

export interface CheckState {
  readonly running: boolean
  /** Of the last check that came to an end, and when that was. */
  readonly report?: Report
  readonly at?: number
  /** Why the last one came to none. */
  readonly problem?: string
}

export interface NetworkCheck {
  readonly state: ReadonlySignal<CheckState>
  run(): void
  stop(): void
}

/** What the network allows is found out when somebody looks, one check at a time; the last report stays. */
export function createNetworkCheck(examine: (signal: AbortSignal) => Promise<Report>): NetworkCheck {
  const state = signal<CheckState>({ running: false })
  const ended = new AbortController()

  async function check(): Promise<void> {
    const { problem: _, ...before } = state.value
    state.value = { ...before, running: true }
    try {
      const report = await examine(ended.signal)
      state.value = { running: false, report, at: Date.now() }
    } catch (thrown) {
      state.value = { ...before, running: false, problem: errorMessage(thrown) }
    }
  }

  return {
    state,
    run() {
      if (!state.value.running && !ended.signal.aborted) void check()
    },
    stop: () => ended.abort()
  }
}

/** A place at a relay is there this soon, or something is in its way. */
const PATIENCE_MILLIS = 5000

/** Runs a check by itself, when none has seen the relays that are there; the returned function ends that. */
export function checkInTime(
  { state, run }: NetworkCheck,
  status: ReadonlySignal<Pick<PeerStatus, 'relays'>>
): () => void {
  let asked = false
  const seeing = effect(() => {
    const { running, report } = state.value
    const isOutdated = !(report?.relays.known.some(({ place }) => place) ?? false)
    if (asked || running || !isOutdated || status.value.relays.length === 0) return
    asked = true
    run()
  })
  const timer = setTimeout(() => state.peek().report ?? run(), PATIENCE_MILLIS)
  return () => {
    seeing()
    clearTimeout(timer)
  }
}

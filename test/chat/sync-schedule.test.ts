import { expect, test } from 'vitest'
import { SyncSchedule } from '../../src/core/chat/online/sync-schedule.ts'
import type { SyncReport } from '../../src/core/log/index.ts'
import type { PeerId } from '../../src/core/network/index.ts'
import { NOON } from '../support/cast.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const bob = 'bob' as PeerId
const NOTHING: SyncReport = {
  class: 'chat',
  rounds: 1,
  reconciliationBytes: 100,
  received: 0,
  receivedBytes: 0,
  stored: 0,
  sent: 0,
  isComplete: false
}

/** A schedule whose every sync ends like this, and how often it synced. */
function scheduleOf(report: SyncReport) {
  const clock = new VirtualClock(NOON)
  const done = { syncs: 0 }
  const schedule = new SyncSchedule({
    clock,
    async sync() {
      done.syncs += 1
      return [report]
    },
    settled: () => undefined
  })
  /** Asks for a sync; how many there were by then. */
  const after = async (ask: 'request' | 'offer'): Promise<number> => {
    schedule[ask](bob)
    while (schedule.isSyncing) await Promise.resolve()
    return done.syncs
  }
  return { clock, after }
}

test('from whom much came that was of no use is left alone, but given what is new here', async () => {
  const { clock, after } = scheduleOf({ ...NOTHING, received: 200, receivedBytes: 120_000 })
  expect(await after('request')).toBe(1)
  expect(await after('request')).toBe(1)
  expect(await after('offer')).toBe(2)
  clock.advance(60_001)
  expect(await after('request'), 'twice as long the second time').toBe(2)
  clock.advance(60_001)
  expect(await after('request')).toBe(3)
})

test('from whom a little came that was of no use is not left alone: an honest member may have no better', async () => {
  const { after } = scheduleOf({ ...NOTHING, received: 2, receivedBytes: 300 })
  expect(await after('request')).toBe(1)
  expect(await after('request')).toBe(2)
})

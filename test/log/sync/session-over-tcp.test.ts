import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../../src/core/bytes/index.ts'
import { serveSync, SYNC_LIMITS, SYNC_PROTOCOL, syncWith } from '../../../src/core/log/index.ts'
import { connected, createCast, ownAddresses } from '../../network/network-cast.ts'
import { makeEntries, TestLog } from './test-log.ts'

const cast = createCast()
afterEach(() => cast.release())

test('over TCP, too, two peers that sync hold the same entries, and the other side has stored them by then', async () => {
  const [ann, bo] = await Promise.all([cast.enter(), cast.enter()])
  ann.network.keep(ownAddresses(bo))
  await Promise.all([connected(ann, bo), connected(bo, ann)])
  const shared = makeEntries(1000, 0)
  const here = new TestLog([...shared, ...makeEntries(300, 500)])
  const there = new TestLog([...shared, ...makeEntries(20, 0, 'control'), ...makeEntries(30, 2000, 'chat', 65_536)])
  bo.network.handle(SYNC_PROTOCOL, SYNC_LIMITS, stream => serveSync(stream, there, systemClock))
  const stream = await ann.network.open(bo.network.self, SYNC_PROTOCOL, SYNC_LIMITS, new AbortController().signal)
  const [control, chat] = await syncWith(stream, here, systemClock)
  expect(control).toMatchObject({ received: 20, sent: 0, isComplete: true })
  expect(chat).toMatchObject({ received: 30, sent: 300, isComplete: true })
  expect(here.ids()).toEqual(there.ids())
})

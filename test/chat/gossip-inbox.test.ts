import { expect, test } from 'vitest'
import { GossipInbox } from '../../src/core/chat/online/gossip-inbox.ts'
import type { Entry } from '../../src/core/log/index.ts'
import type { PeerId } from '../../src/core/network/index.ts'
import { identityOf } from '../support/cast.ts'
import { writeEntry } from '../support/mallory.ts'

const [mallory, bob] = ['mallory', 'bob'] as PeerId[] as [PeerId, PeerId]

test('who goes on sending while the last is being stored does not put off that gaps are looked for', async () => {
  const entry = await writeEntry(await identityOf(66), 'x')
  const rounds: PeerId[] = []
  const stored: (readonly Entry[])[] = []
  let ended = 0
  const { promise: isOver, resolve: over } = Promise.withResolvers<void>()
  const inbox = new GossipInbox({
    async take(entries) {
      stored.push(entries)
      if (stored.length === 100) over()
      else inbox.add(entry, stored.length === 1 ? bob : mallory)
    },
    begin(from) {
      rounds.push(from)
      return () => (ended += 1)
    },
    isStopped: () => false
  })
  inbox.add(entry, mallory)
  await isOver
  expect(ended).toBeGreaterThan(4)
  expect(rounds.length).toBeLessThan(10)
  expect(stored.flat()).toHaveLength(100)
})

import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { openPeer } from '../../src/core/chat/index.ts'
import { loadGroupKeys } from '../../src/core/encryption/index.ts'
import { found, inviteLink, join, meet } from '../support/private-story.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { settle } from '../support/settle.ts'
import { Story, transcript } from '../support/story.ts'

// Loaded in real time, in which virtual time would run on.
beforeAll(async () => void (await loadGroupKeys()))

test('what was said is there when its author has gone: a keeper that can read nothing has it', async () => {
  const story = new Story()
  await story.enterKeeper('keeper')
  const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
  await settle(story, anna.peer.privateRooms.create('Loft'))
  const link = await settle(story, anna.peer.privateRooms.invite('Loft'))
  await settle(story, bob.peer.joinByLink(link))
  await story.until(
    'Bob is in',
    () => anna.peer.findRoom('Loft').members === 2 && bob.peer.findRoom('Loft').members === 2
  )
  await settle(story, bob.peer.stop())
  const { id } = await settle(story, anna.peer.send('Loft', 'for later'))
  await settle(story, anna.peer.waitForTaker(id, AbortSignal.timeout(60_000)))
  await settle(story, anna.peer.stop())
  const again = await story.enter('Bob', bob.storage)
  await story.until('Bob reads', async () => (await transcript(again, 'Loft')).includes('Anna: for later'))
  expect(again.peer.findRoom('Loft').keepers).toHaveLength(1)
}, 60_000)

test('a request waits at a keeper while nobody is online who could let the newcomer in', async () => {
  const story = new Story()
  await story.enterKeeper('keeper')
  const anna = await story.enter('Anna')
  await settle(story, anna.peer.privateRooms.create('Loft'))
  const link = await settle(story, anna.peer.privateRooms.invite('Loft'))
  await settle(story, anna.peer.stop())
  const bob = await story.enter('Bob')
  await settle(story, bob.peer.joinByLink(link))
  await story.until('Bob is told that nobody is there', () => bob.peer.findRoom('Loft').joining === 'waiting')
  await story.wait(60_000)
  await settle(story, bob.peer.stop())
  const host = await story.enter('Anna', anna.storage)
  await story.until('Anna has let Bob in', () => host.peer.findRoom('Loft').members === 2)
  await story.wait(10_000)
  await settle(story, host.peer.stop())
  const again = await story.enter('Bob', bob.storage)
  await story.until('Bob is in', () => again.peer.findRoom('Loft').members === 2)
  expect(again.peer.findRoom('Loft').role).toBe('member')
}, 60_000)

test('whoever opens the same link again asks by the same request: the answer to it that waits is taken', async () => {
  const story = new Story()
  const keeper = await story.enterKeeper('keeper')
  const anna = await story.enter('Anna')
  await found(story, anna)
  const link = await inviteLink(story, anna, { uses: 1 })
  await settle(story, anna.peer.stop())
  const bob = await story.enter('Bob')
  await settle(story, bob.peer.joinByLink(link))
  await story.until('it waits', () => bob.peer.findRoom('Loft').waitsAt === 1)
  await settle(story, bob.peer.joinByLink(link))
  await story.until('it waits still', () => bob.peer.findRoom('Loft').waitsAt === 1)
  await settle(story, bob.peer.stop())
  const host = await story.enter('Anna', anna.storage)
  await story.until('Anna has let Bob in', () => host.peer.findRoom('Loft').members === 2)
  await story.wait(10_000)
  await settle(story, host.peer.stop())

  const peer = await openPeer({ storage: bob.storage, clock: story.clock, random: seededRandom(7) })
  onTestFinished(() => peer.stop())
  await settle(story, peer.joinByLink(link))
  const network = story.network.peer('again')
  story.network.connect(network, keeper.network)
  const told: unknown[] = []
  peer.listen(({ event }) => event === 'room' && told.push(peer.findRoom('Loft').joining))
  expect(peer.findRoom('Loft').joining).toBe('waiting')
  await settle(story, peer.goOnline(network))
  expect(told[0]).toBe('asking')
  await story.until('Bob is in', () => peer.findRoom('Loft').role === 'member')
  expect(peer.findRoom('Loft').members).toBe(2)
})

test('who leaves while nobody is there tells a keeper', async () => {
  const story = new Story()
  await story.enterKeeper('keeper')
  const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
  await found(story, anna)
  expect(await join(story, bob, await inviteLink(story, anna))).toBe('in')
  await meet(story, anna, bob)
  await settle(story, anna.peer.stop())
  await story.until('it is kept', () => bob.peer.findRoom('Loft').keepers.length === 1)
  await settle(story, bob.peer.leaveRoom('Loft'))
  await settle(story, bob.peer.stop())
  const again = await story.enter('Anna', anna.storage)
  await story.until('Anna is told', () => again.peer.findRoom('Loft').members === 1)
})

test('a relay to which this device is connected before its rooms go online keeps them from then on', async () => {
  const story = new Story()
  const keeper = await story.enterKeeper('keeper')
  const anna = await story.enter('Anna')
  await found(story, anna)
  await story.until('it is kept', () => anna.peer.findRoom('Loft').keepers.length === 1)
  await settle(story, anna.peer.stop())

  const peer = await openPeer({ storage: anna.storage, clock: story.clock, random: seededRandom(7) })
  onTestFinished(() => peer.stop())
  const network = story.network.peer('again')
  story.network.connect(network, keeper.network)
  await settle(story, peer.goOnline(network))
  await story.until('it is kept again', () => peer.findRoom('Loft').keepers.length === 1)
  expect(peer.findRoom('Loft').keepers).toEqual([keeper.network.self])
})

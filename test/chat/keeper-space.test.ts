import { describe, expect, test } from 'vitest'
import type { KeepAnswer } from '../../src/core/chat/keeper/keep-codec.ts'
import { roomSpace, sharesOf } from '../../src/core/chat/keeper/quota.ts'
import { DeviceBook } from '../../src/core/chat/room/device-book.ts'
import type { DisplayName } from '../../src/core/identity/index.ts'
import { identityOf } from '../support/cast.ts'
import { ask, enterLobby, say } from '../support/keepers.ts'
import { gossipEntry, newIdentity, writeEntry } from '../support/mallory.ts'
import { memoryStorage } from '../support/memory-storage.ts'
import { eventsOf, Story, transcript } from '../support/story.ts'

/** Room for about 60 messages of one author, and 250 in a room. */
const SMALL_QUOTA = 4 * 2 ** 20

describe('the space of a keeper', () => {
  test('is not filled by one author: what others say is kept, and the flood beyond its share is not', async () => {
    const story = new Story()
    const relay = await story.enterKeeper('relay', { quota: SMALL_QUOTA })
    const flooder = await enterLobby(story, 'Flooder', 1)
    const bob = await enterLobby(story, 'Bob', 1)
    for (let index = 0; index < 120; index += 1) await flooder.peer.send('lobby', `flood ${index}`)
    await story.until('Bob has all of it', () => eventsOf(bob, 'message').length === 120)
    await story.until('it is told', () => relay.warnings.length > 0)
    await say(story, bob, 'still heard')
    await story.wait(120_000)
    const kept = eventsOf(flooder, 'kept').length
    expect(kept).toBeGreaterThan(50)
    expect(kept).toBeLessThan(70)
    expect(relay.warnings).toEqual(['full'])
    expect(relay.keeper.figures().bytes).toBeLessThan(sharesOf(SMALL_QUOTA).author + 6000)
    await flooder.peer.stop()
    await bob.peer.stop()
    const cy = await enterLobby(story, 'Cy', 1)
    await story.until('Cy reads Bob', async () => (await transcript(cy, 'lobby')).includes('Bob: still heard'))
    expect(await transcript(cy, 'lobby')).toHaveLength(kept + 1)
  })

  test('is not filled by one room, whoever writes in it: another room is kept', async () => {
    const story = new Story()
    const relay = await story.enterKeeper('relay', { quota: SMALL_QUOTA })
    const alice = await enterLobby(story, 'Alice', 1)
    const mallory = story.network.peer('mallory')
    story.network.connect(mallory, alice.network)
    for (let counter = 0; counter < 100; counter += 1) {
      gossipEntry(
        alice,
        await writeEntry(await newIdentity(), 'flood', { clock: { ms: story.clock.now(), counter } }),
        mallory
      )
    }
    await story.until('Alice has all', () => eventsOf(alice, 'message').length === 100)
    await story.until('the room is full', () => relay.warnings.includes('full'))
    await story.wait(60_000)
    expect(relay.keeper.figures().bytes).toBeLessThanOrEqual(sharesOf(SMALL_QUOTA).room)
    expect(alice.peer.findRoom('lobby').keepers).toEqual([])
    const { id } = await alice.peer.send('lobby', 'no space')
    await alice.peer.joinOpenRoom('elsewhere')
    const { id: other } = await alice.peer.send('elsewhere', 'space enough')
    await story.until('the other is kept', () => eventsOf(alice, 'kept').some(event => event.id === other))
    await story.wait(60_000)
    expect(eventsOf(alice, 'kept').some(event => event.id === id)).toBe(false)
    expect(alice.peer.findRoom('elsewhere').keepers).toEqual([relay.network.self])
    const bob = await story.enter('Bob')
    await alice.peer.stop()
    await bob.peer.joinOpenRoom('lobby')
    await story.until('Bob gets what is kept', () => eventsOf(bob, 'message').length > 40)
  })

  test('has an end in all: then nothing more is stored, and no new room is kept', async () => {
    const story = new Story()
    const first = await story.enterKeeper('relay')
    const alice = await enterLobby(story, 'Alice', 1)
    for (let index = 0; index < 10; index += 1) await say(story, alice, `line ${index}`)
    const { bytes } = first.keeper.figures()
    await first.stop()
    const again = await story.enterKeeper('relay', { storage: first.storage, quota: bytes + 500 })
    expect(again.keeper.figures()).toEqual({ rooms: 1, bytes, quota: bytes + 500 })
    const before = eventsOf(alice, 'kept').length
    await alice.peer.send('lobby', 'one too many')
    await story.wait(60_000)
    expect(eventsOf(alice, 'kept')).toHaveLength(before)
    expect(again.keeper.figures().bytes).toBe(bytes)
    await again.stop()
    const full = await story.enterKeeper('relay', { storage: first.storage, quota: bytes })
    expect(await ask(story, story.network.peer('asker'), full, 'another room')).toBe('full')
    expect(await ask(story, story.network.peer('member'), full, 'lobby')).toBe('kept')
  })

  test('is not given to one peer that asks for room after room, nor to rooms in which nobody writes', async () => {
    const story = new Story()
    const relay = await story.enterKeeper('relay')
    const alice = await enterLobby(story, 'Alice', 1)
    await say(story, alice, 'this one is used')
    const greedy = story.network.peer('greedy')
    const answers: KeepAnswer[] = []
    for (let index = 0; index < 40; index += 1) answers.push(await ask(story, greedy, relay, `room ${index}`))
    expect(answers.filter(answer => answer === 'kept')).toHaveLength(32)
    for (let index = 0; index < 240; index += 1) {
      await ask(story, story.network.peer(`peer ${index}`), relay, `place ${index}`)
    }
    expect(relay.keeper.figures().rooms).toBe(256)
    expect(await ask(story, story.network.peer('late'), relay, 'too late')).toBe('full')
    story.clock.advance(11 * 60_000)
    expect(await ask(story, story.network.peer('later'), relay, 'in time')).toBe('kept')
    expect(relay.keeper.figures().rooms).toBe(256)
    await say(story, alice, 'and still is')
    expect(await transcript(alice, 'lobby')).toHaveLength(2)
  })

  test('ends at the quota of all rooms together, whatever one room may still have', async () => {
    const alice = await identityOf(1)
    const { member, device } = alice.certificate
    const self = { member, device, nick: () => 'Alice' as DisplayName }
    const book = await DeviceBook.load(memoryStorage().room('empty'), self)
    const refusals: string[] = []
    let used = 0
    const space = roomSpace(
      SMALL_QUOTA,
      () => used,
      () => refusals.push('full')
    )
    expect(space.fits(member, 1000, book)).toBe(true)
    used = SMALL_QUOTA - 8192
    expect([space.fits(member, 8192, book), space.isFull(book)]).toEqual([true, false])
    expect(space.fits(member, 8193, book)).toBe(false)
    used += 1
    expect([space.fits(member, 1000, book), space.isFull(book)]).toEqual([true, true])
    used = SMALL_QUOTA
    expect(space.fits(member, 1, book)).toBe(false)
    expect(refusals).toHaveLength(2)
  })

  test('once full, costs its members no more: nothing is fetched from them in vain', async () => {
    const story = new Story()
    const relay = await story.enterKeeper('relay', { quota: SMALL_QUOTA })
    const alice = await enterLobby(story, 'Alice', 1)
    const mallory = story.network.peer('mallory')
    story.network.connect(mallory, alice.network)
    for (let counter = 0; counter < 100; counter += 1) {
      const clock = { ms: story.clock.now(), counter }
      gossipEntry(alice, await writeEntry(await newIdentity(), 'x'.repeat(300 + 5 * counter), { clock }), mallory)
    }
    await story.until('Alice has all', () => eventsOf(alice, 'message').length === 100)
    await story.until('the room is full', () => relay.warnings.includes('full'))
    await story.wait(60_000)
    const store = alice.storage.room(alice.peer.findRoom('lobby').id)
    const { newest } = store
    let reads = 0
    Object.assign(store, {
      newest: (limit: number, before?: string) => {
        reads += 1
        return newest(limit, before)
      }
    })
    story.network.gossipArrives = () => false
    for (let index = 0; index < 5; index += 1) {
      await alice.peer.send('lobby', `line ${index}`)
      await story.wait(30_000)
    }
    expect(reads).toBe(0)
  })
})

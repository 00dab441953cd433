import { describe, expect, test } from 'vitest'
import { EnvironmentError, systemRandom } from '../../src/core/bytes/index.ts'
import {
  decodeAnswer,
  decodeAsk,
  encodeAnswer,
  encodeAsk,
  KEEP_PROTOCOL,
  type KeepAsk
} from '../../src/core/chat/keeper/keep-codec.ts'
import { KeeperReceipts } from '../../src/core/chat/online/keeper-receipts.ts'
import type { DeviceId } from '../../src/core/identity/index.ts'
import { hostileBytes } from '../support/hostile-bytes.ts'
import { ask, enterLobby, say } from '../support/keepers.ts'
import { newIdentity, sayHello, syncAs, writeEntry } from '../support/mallory.ts'
import { memoryStorage } from '../support/memory-storage.ts'
import { settle } from '../support/settle.ts'
import { eventsOf, Story, transcript } from '../support/story.ts'

const DAY = 86_400_000

describe('a keeper', () => {
  test('hands on what Alice wrote to Bob, who comes when she has gone, over a restart in between', async () => {
    const story = new Story()
    const first = await story.enterKeeper('relay')
    const alice = await enterLobby(story, 'Alice', 1)
    for (const text of ['one', 'two', 'three']) await say(story, alice, text)
    await alice.peer.stop()
    await first.stop()
    await story.enterKeeper('relay', { storage: first.storage })
    const bob = await story.enter('Bob')
    await bob.peer.joinOpenRoom('lobby')
    await story.until('Bob reads it', async () => (await transcript(bob, 'lobby')).length === 3)
    expect(await transcript(bob, 'lobby')).toEqual(['Alice: one', 'Alice: two', 'Alice: three'])
  })

  test('is no member, counts as no delivery, and says nothing in the room', async () => {
    const story = new Story()
    const relay = await story.enterKeeper('relay')
    let said = 0
    story.network.gossipArrives = from => {
      if (from === relay.network.self) said += 1
      return true
    }
    const alice = await enterLobby(story, 'Alice', 1)
    const { id } = await alice.peer.send('lobby', 'hello')
    await story.until('it is kept', () => eventsOf(alice, 'kept').length > 0)
    await story.wait(60_000)
    expect(eventsOf(alice, 'kept')).toEqual([{ event: 'kept', id, by: 1 }])
    expect(said).toBe(0)
    expect(eventsOf(alice, 'delivered')).toEqual([])
    expect(eventsOf(alice, 'member')).toEqual([])
    expect(await alice.peer.members('lobby')).toHaveLength(1)
    const [message] = await alice.peer.messages('lobby')
    expect(message?.delivery).toEqual({ to: 0, of: 0 })
    expect(alice.peer.findRoom('lobby')).toMatchObject({ members: 1, keepers: [relay.network.self] })
    await relay.stop()
    await story.until('it is not there any more', () => alice.peer.findRoom('lobby').keepers.length === 0)
    expect(eventsOf(alice, 'room').filter(event => event.change === 'keepers')).toHaveLength(2)
  })

  test('takes what is said while only it is there, and a message that gossip lost', async () => {
    const story = new Story()
    story.network.gossipArrives = () => false
    await story.enterKeeper('relay')
    const alice = await enterLobby(story, 'Alice', 1)
    await say(story, alice, 'lost by gossip')
    await alice.peer.stop()
    const bob = await enterLobby(story, 'Bob', 1)
    await story.until('Bob reads it', async () => (await transcript(bob, 'lobby')).length === 1)
    expect(await transcript(bob, 'lobby')).toEqual(['Alice: lost by gossip'])
  })

  test('is one of two that store the same, each of which is enough', async () => {
    const story = new Story()
    const [one, two] = [await story.enterKeeper('one'), await story.enterKeeper('two')]
    const alice = await enterLobby(story, 'Alice', 2)
    const { id } = await alice.peer.send('lobby', 'twice')
    await story.until('both have it', () => eventsOf(alice, 'kept').some(event => event.id === id && event.by === 2))
    await one.stop()
    await alice.peer.send('lobby', 'for the second alone')
    await story.until('it is kept', () => eventsOf(alice, 'kept').length === 3)
    await alice.peer.stop()
    await story.enterKeeper('one', { storage: one.storage })
    await story.wait(60_000)
    await two.stop()
    const bob = await enterLobby(story, 'Bob', 1)
    await story.until('Bob reads both', async () => (await transcript(bob, 'lobby')).length === 2)
    expect(await transcript(bob, 'lobby')).toEqual(['Alice: twice', 'Alice: for the second alone'])
  })

  test('is told no name by a device whose room has keepers off, and by no device that did not choose it', async () => {
    const story = new Story()
    const relay = await story.enterKeeper('relay')
    const stranger = story.network.peer('stranger')
    let asked = 0
    stranger.handle(KEEP_PROTOCOL, undefined, async () => void (asked += 1))
    const alice = await story.enter('Alice')
    story.network.connect(alice.network, stranger)
    story.network.disconnect(alice.network, relay.network)
    await alice.peer.joinOpenRoom('lobby')
    expect(await alice.peer.setRoom('lobby', 'keepers', 'off')).toMatchObject({ name: 'lobby' })
    story.network.connect(alice.network, relay.network)
    await story.wait(3_600_000)
    expect(relay.keeper.figures().rooms).toBe(0)
    await alice.peer.stop()
    const again = await story.enter('Alice', alice.storage)
    await story.wait(60_000)
    expect(relay.keeper.figures().rooms).toBe(0)
    await again.peer.setRoom('lobby', 'keepers', 'on')
    await story.until('it is kept', () => again.peer.findRoom('lobby').keepers.length === 1)
    expect(asked).toBe(0)
  })

  test('is no setting of the name or the history of an open room, and says what is not built', async () => {
    const story = new Story()
    const { peer } = await story.enter('Alice')
    await peer.joinOpenRoom('lobby')
    for (const key of ['name', 'history']) {
      await expect(peer.setRoom('lobby', key, 'x')).rejects.toMatchObject({ name: 'NotAllowedError' })
    }
    for (const key of ['retention', 'dht', 'nonsense']) {
      await expect(peer.setRoom('lobby', key, 'x')).rejects.toMatchObject({ name: 'UsageError' })
    }
    await expect(peer.setRoom('lobby', 'keepers', 'maybe')).rejects.toThrow('neither on nor off')
    await expect(peer.setRoom('lobby', 'keepers', '/dns4/a/tcp/1')).rejects.toThrow('not built yet')
  })

  test('stores what comes from a clock that is ahead when its time has come, with nobody there any more', async () => {
    const story = new Story()
    const relay = await story.enterKeeper('relay')
    const alice = await enterLobby(story, 'Alice', 1)
    await alice.peer.stop()
    const mallory = story.network.peer('mallory')
    story.network.connect(mallory, relay.network)
    const identity = await newIdentity()
    const entry = await writeEntry(identity, 'from the future', {
      clock: { ms: story.clock.now() + 600_000, counter: 0 }
    })
    let asked = 0
    syncAs(mallory, [entry], ids => (asked += ids.length))
    await settle(story, sayHello(identity, mallory, relay.network.self))
    await story.until('it was fetched', () => asked > 0)
    await story.wait(1000)
    story.network.disconnect(mallory, relay.network)
    expect(relay.keeper.figures().bytes).toBe(0)
    await story.wait(301_000)
    expect(relay.keeper.figures().bytes).toBeGreaterThan(0)
  })

  test('drops a room for which nobody asked in 90 days, and begins it anew when somebody does', async () => {
    const story = new Story()
    const relay = await story.enterKeeper('relay')
    const alice = await enterLobby(story, 'Alice', 1)
    await say(story, alice, 'old')
    await alice.peer.stop()
    story.clock.advance(89 * DAY)
    await story.wait(1000)
    expect(relay.keeper.figures().rooms).toBe(1)
    story.clock.advance(2 * DAY)
    await story.until('it is dropped', () => relay.keeper.figures().rooms === 0)
    expect(relay.keeper.figures().bytes).toBe(0)
    const bob = await enterLobby(story, 'Bob', 1)
    await say(story, bob, 'new')
    expect(await transcript(bob, 'lobby')).toEqual(['Bob: new'])
  })

  test('ends at its next start what it could not finish when it dropped a room', async () => {
    const story = new Story()
    let erased = 0
    const failing = async (): Promise<void> => {
      throw new EnvironmentError('the disk does not answer')
    }
    const relay = await story.enterKeeper('relay', { forgetting: failing })
    const alice = await enterLobby(story, 'Alice', 1)
    await say(story, alice, 'old')
    await alice.peer.stop()
    story.clock.advance(91 * DAY)
    await story.until('it says so', () => relay.warnings.includes('not-stored'))
    await relay.stop()
    const forgetting = async (): Promise<void> => void (erased += 1)
    const again = await story.enterKeeper('relay', { storage: relay.storage, forgetting })
    expect([erased, again.keeper.figures().rooms]).toEqual([1, 0])
    await again.stop()
    await story.enterKeeper('relay', { storage: relay.storage, forgetting })
    expect(erased).toBe(1)
  })

  test('goes on keeping a room whose member stays connected, however long', async () => {
    const story = new Story()
    const relay = await story.enterKeeper('relay')
    const alice = await enterLobby(story, 'Alice', 1)
    for (let week = 0; week < 20; week += 1) {
      story.clock.advance(7 * DAY)
      await story.wait(1000)
    }
    expect(relay.keeper.figures().rooms).toBe(1)
    expect(alice.peer.findRoom('lobby').keepers).toEqual([relay.network.self])
  })
})

test('a keeper whose disk is full says so, acknowledges nothing, and goes on when there is room again', async () => {
  const story = new Story()
  const inner = memoryStorage()
  const disk = { full: false }
  const room = (name: string): ReturnType<typeof inner.room> => {
    const store = inner.room(name)
    const commit: typeof store.commit = async change => {
      if (disk.full) throw new EnvironmentError('nothing was stored')
      await store.commit(change)
    }
    return { ...store, commit }
  }
  const relay = await story.enterKeeper('relay', { storage: { ...inner, room } })
  const alice = await enterLobby(story, 'Alice', 1)
  disk.full = true
  const { id } = await alice.peer.send('lobby', 'no space')
  await story.until('it says so', () => relay.keeper.trouble() === 'nothing was stored')
  await story.wait(60_000)
  expect(relay.warnings).toEqual(['not-stored'])
  expect(eventsOf(alice, 'kept')).toEqual([])
  expect(relay.keeper.figures().bytes).toBe(0)
  disk.full = false
  await story.until('it is kept', () => eventsOf(alice, 'kept').some(event => event.id === id))
  expect(relay.keeper.trouble()).toBeUndefined()
})

test('what a keeper said counts up to what was written, and an older word of it takes nothing back', () => {
  const receipts = new KeeperReceipts()
  const [one, two] = ['1' as DeviceId, '2' as DeviceId]
  receipts.add(one, [{ from: 1, to: 1000 }], 3)
  receipts.add(one, [{ from: 1, to: 2 }], 3)
  receipts.add(two, [{ from: 2, to: 2 }], 3)
  expect([1, 2, 3, 4].map(sequence => receipts.count([sequence]))).toEqual([1, 2, 1, 0])
  expect(receipts.count([1, 3])).toBe(1)
  expect(receipts.has(two, 3)).toBe(false)
})

describe('asks', () => {
  test('round-trip, and 20,000 hostile ones and answers are refused or read, never thrown', () => {
    const asks: KeepAsk[] = [
      { kind: 'name', name: 'Große Straße' },
      { kind: 'tag', tag: new Uint8Array(32).fill(9) }
    ]
    for (const asked of asks) expect(decodeAsk(encodeAsk(asked))).toEqual({ ok: true, value: asked })
    expect(decodeAsk(Uint8Array.of(2, ...new Uint8Array(31))).ok).toBe(false)
    expect(decodeAsk(Uint8Array.of(2, ...new Uint8Array(33))).ok).toBe(false)
    for (const answer of ['kept', 'full', 'unknown'] as const) {
      expect(decodeAnswer(encodeAnswer(answer))).toEqual({ ok: true, value: answer })
    }
    const outcomes = new Set<boolean>()
    for (const bytes of hostileBytes([...asks, { kind: 'name', name: 'x'.repeat(100) } as const].map(encodeAsk))) {
      outcomes.add(decodeAsk(bytes).ok)
      const answer = decodeAnswer(bytes)
      if (answer.ok) expect(['kept', 'full', 'unknown']).toContain(answer.value)
    }
    expect(outcomes).toEqual(new Set([true, false]))
  })

  test('for what names no room, or names it in a way not known here, are answered so and keep nothing', async () => {
    const story = new Story()
    const relay = await story.enterKeeper('relay')
    const asker = story.network.peer('asker')
    for (const name of ['', ' ', 'a\u202eb', 'x'.repeat(101)])
      expect(await ask(story, asker, relay, name)).toBe('unknown')
    const send = async (frame: Uint8Array): Promise<Uint8Array | undefined> => {
      const stream = await asker.open(relay.network.self, KEEP_PROTOCOL)
      await stream.write(frame)
      await stream.end()
      return stream.read()
    }
    expect(await settle(story, send(Uint8Array.of(7, ...systemRandom(32))))).toEqual(encodeAnswer('unknown'))
    await expect(settle(story, send(Uint8Array.of(1, 255, 255)))).rejects.toThrow('an ask that cannot be read')
    expect(relay.keeper.figures().rooms).toBe(0)
  })
})

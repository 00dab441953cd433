import { describe, expect, test } from 'vitest'
import { systemClock, systemRandom } from '../../src/core/bytes/index.ts'
import { DayKeys } from '../../src/core/chat/online/day-keys.ts'
import { sealExchange } from '../../src/core/chat/online/exchange-codec.ts'
import { askToKeep } from '../../src/core/chat/keeper/keep-exchange.ts'
import {
  createEntry,
  LOWEST,
  SYNC_PROTOCOL,
  syncWith,
  type Entry,
  type EntryClass,
  type SyncLog,
  type SyncReport
} from '../../src/core/log/index.ts'
import type { PeerId } from '../../src/core/network/index.ts'
import { MemorySet } from '../log/sync/memory-set.ts'
import { NOON } from '../support/cast.ts'
import { memoryStorage } from '../support/memory-storage.ts'
import { enterSealedRoom, sealedRoom, type SealedMember } from '../support/sealed-room.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { settle } from '../support/settle.ts'
import { Story, type KeeperActor } from '../support/story.ts'
import type { VirtualPeer } from '../support/virtual-network.ts'

const keys = sealedRoom('den', 5)
const tag = keys.keeperTag ?? new Uint8Array()
const MEGABYTE = 2 ** 20

interface Member extends SealedMember {
  readonly network: VirtualPeer
  readonly storage: ReturnType<typeof memoryStorage>
}

let seed = 1000

async function enter(story: Story, nick: string, storage = memoryStorage()): Promise<Member> {
  seed += 1
  const network = story.network.peer(`${nick}-${seed}`)
  const random = seededRandom(seed)
  const member = await enterSealedRoom(keys, nick, { storage, network, clock: story.clock, random, seed })
  for (const id of story.network.chosen) {
    const other = story.network.find(id)
    if (other !== undefined) story.network.connect(network, other)
  }
  return { ...member, network, storage }
}

async function texts({ room }: Member): Promise<string[]> {
  return (await room.messages(100)).map(({ text }) => text)
}

function isKept(member: Member, id: string, by = 1): () => boolean {
  return () => member.events.some(event => event.event === 'kept' && event.id === id && event.by === by)
}

/** Members never meet each other here, only keepers. */
function apart(): Story {
  const story = new Story()
  story.network.discovery = false
  return story
}

describe('a keeper that is given a tag alone', () => {
  test('hands to Bob what Alice wrote, who has gone by then, and says that it keeps it', async () => {
    const story = apart()
    const keeper = await story.enterKeeper('keeper')
    const alice = await enter(story, 'Alice')
    await story.until('Alice knows the keeper', () => alice.room.summary().keepers.length === 1)
    const id = await alice.room.send('for later')
    await story.until('it is kept', isKept(alice, id))
    await alice.stop()
    expect(keeper.keeper.figures()).toMatchObject({ rooms: 1 })
    expect(keeper.keeper.figures().bytes).toBeGreaterThan(500)

    const bob = await enter(story, 'Bob')
    await story.until('Bob has it', async () => (await texts(bob)).includes('for later'))
    expect((await bob.room.messages(1))[0]?.nick).toBe('Alice')
    const answer = await bob.room.send('thank you')
    await story.until('the answer is kept', isKept(bob, answer))
    await bob.stop()
    const again = await enter(story, 'Alice', alice.storage)
    await story.until('Alice has the answer', async () => (await texts(again)).join() === 'for later,thank you')
    await again.stop()
  })

  test('has all of it after a restart, and two keepers count as two', async () => {
    const story = apart()
    const first = await story.enterKeeper('first')
    const second = await story.enterKeeper('second')
    const alice = await enter(story, 'Alice')
    await story.until('Alice knows both', () => alice.room.summary().keepers.length === 2)
    const id = await alice.room.send('twice')
    await story.until('both have it', isKept(alice, id, 2))
    await alice.stop()
    await first.stop()
    await second.stop()
    const back = await story.enterKeeper('first', { storage: first.storage })
    expect(back.keeper.figures()).toEqual(first.keeper.figures())
    const bob = await enter(story, 'Bob')
    await story.until('Bob has it', async () => (await texts(bob)).includes('twice'))
    await bob.stop()
  })

  test('that is full says so, keeps what it has, and what it does not store is not taken for kept', async () => {
    const story = apart()
    // A sixteenth of it is for one room, and seven eighths of that for what is said: 56 KiB.
    const keeper = await story.enterKeeper('keeper', { quota: MEGABYTE })
    const alice = await enter(story, 'Alice')
    await story.until('Alice knows the keeper', () => alice.room.summary().keepers.length === 1)
    const first = await alice.room.send('first')
    await story.until('it is kept', isKept(alice, first))
    const ids: string[] = []
    for (let index = 0; index < 8; index += 1) {
      ids.push(await alice.room.send(`${index} ${'x'.repeat(12_000)}`))
      await story.wait(2000)
    }
    await story.until('it is full', () => keeper.warnings.includes('full'))
    await story.wait(120_000)
    const last = ids.at(-1) ?? ''
    expect(isKept(alice, last)()).toBe(false)
    expect(keeper.keeper.figures().bytes).toBeLessThan(MEGABYTE / 16)
    await alice.stop()
    const bob = await enter(story, 'Bob')
    await story.until('Bob has the first', async () => (await texts(bob)).includes('first'))
    await bob.stop()
  })

  test('tells nothing to who does not know the tag, and stores nothing of theirs', async () => {
    const story = apart()
    const keeper = await story.enterKeeper('keeper')
    const alice = await enter(story, 'Alice')
    await story.until('Alice knows the keeper', () => alice.room.summary().keepers.length === 1)
    await story.until('it is kept', isKept(alice, await alice.room.send('inside')))
    const { bytes } = keeper.keeper.figures()
    const stranger = story.network.peer('stranger')
    story.network.connect(stranger, keeper.network)
    for (const wrong of [new Uint8Array(32), tag.slice().reverse()]) {
      const outcome = syncAs(stranger, keeper, wrong, [])
      await expect(settle(story, outcome)).rejects.toThrow()
    }
    expect(keeper.keeper.figures().bytes).toBe(bytes)
    await alice.stop()
  })

  test('is not crowded out of control entries by chat, nor the other way round, by a member who floods it', async () => {
    for (const [flooded, other] of [
      ['chat', 'control'],
      ['control', 'chat']
    ] as const) {
      const story = apart()
      const keeper = await story.enterKeeper('keeper', { quota: MEGABYTE })
      const mallory = story.network.peer('mallory')
      story.network.connect(mallory, keeper.network)
      const ask = askToKeep(mallory, keeper.network.self, { kind: 'tag', tag }, AbortSignal.timeout(60_000))
      expect(await settle(story, ask)).toBe('kept')
      const flood = Array.from({ length: 400 }, (_, index) => anyEntry(flooded, index))
      await settle(story, syncAs(mallory, keeper, tag, flood)).catch(() => undefined)
      const [one] = [anyEntry(other, 5000)]
      const reports = await settle(story, syncAs(mallory, keeper, tag, [one]))
      expect(reports.find(report => report.class === other)).toMatchObject({ sent: 1, isComplete: true })
      expect(keeper.keeper.figures().bytes).toBeLessThan(MEGABYTE / 16)
    }
  })

  test('holds back what is far ahead, and takes no header for an entry', async () => {
    const story = apart()
    const keeper = await story.enterKeeper('keeper')
    const mallory = story.network.peer('mallory')
    story.network.connect(mallory, keeper.network)
    const ask = askToKeep(mallory, keeper.network.self, { kind: 'tag', tag }, AbortSignal.timeout(60_000))
    await settle(story, ask)
    await expect(settle(story, syncAs(mallory, keeper, tag, [anyEntry('chat', 1, 3_600_000)]))).rejects.toThrow()
    expect(keeper.keeper.figures().bytes).toBe(0)
  })
})

test('a keeper that lies, refuses or serves what is not the room’s costs its members nothing but the session', async () => {
  const story = apart()
  const good = await story.enterKeeper('good')
  const liar = story.network.peer('liar')
  story.network.chosen.add(liar.self)
  liar.handle('/starling/keep/1', LIMITLESS, async stream => {
    await stream.read()
    await stream.write(Uint8Array.of(1))
  })
  liar.handle(SYNC_PROTOCOL, LIMITLESS, async stream => {
    for (let frame = await stream.read(); frame !== undefined; frame = await stream.read()) {
      await stream.write(systemRandom(200))
    }
  })
  const alice = await enter(story, 'Alice')
  story.network.connect(alice.network, liar)
  await story.until('Alice knows both', () => alice.room.summary().keepers.length === 2)
  const id = await alice.room.send('still')
  await story.until('the good one has it', isKept(alice, id))
  await story.wait(300_000)
  expect(isKept(alice, id, 2)()).toBe(false)
  await alice.stop()
  await good.stop()
})

test('what opens for nobody does not make a keeper useless, which cannot tell', async () => {
  const story = apart()
  const keeper = await story.enterKeeper('keeper')
  const alice = await enter(story, 'Alice')
  await story.until('met', () => alice.room.summary().keepers.length === 1)
  const header = { class: 'chat', epoch: keys.epochs.current(), clock: { ms: NOON + 3000, counter: 0 } } as const
  const junk = createEntry({ ...header, extensions: [], salt: systemRandom(16) }, systemRandom(512))
  await story.wait(3000)
  const mallory = story.network.peer('mallory')
  story.network.connect(mallory, keeper.network)
  const [report] = (await settle(story, syncAs(mallory, keeper, tag, [junk]))).filter(({ sent }) => sent > 0)
  expect(report?.sent).toBe(1)
  const id = await alice.room.send('for later')
  await story.until('it is kept', isKept(alice, id))
  await alice.stop()
  await keeper.stop()
})

test('a message that was deleted before it was kept keeps no other from being kept', async () => {
  const story = apart()
  const alice = await enter(story, 'Alice')
  await alice.room.delete(await alice.room.send('gone'))
  const keeper = await story.enterKeeper('keeper')
  story.network.connect(alice.network, keeper.network)
  const id = await alice.room.send('for later')
  await story.until('it is kept', isKept(alice, id))
  expect(await texts(alice)).toEqual(['', 'for later'])
  await alice.stop()
  await keeper.stop()
})

const LIMITLESS = { maxFrameBytes: 1e6, maxTotalBytes: 1e9, maxDuration: 1e6, maxStreamsPerPeer: 9, maxStreams: 99 }

/** An entry that opens for nobody: a keeper cannot tell. */
function anyEntry(entryClass: EntryClass, index: number, later = 0): Entry {
  const random = seededRandom(index)
  const clock = { ms: NOON - 1_000_000 + index + later, counter: 0 }
  return createEntry({ class: entryClass, epoch: random(16), clock, extensions: [], salt: random(16) }, random(512))
}

/** Opens a sync as somebody who believes that this is the tag, and offers these entries. */
async function syncAs(
  from: VirtualPeer,
  { network }: KeeperActor,
  believed: Uint8Array,
  entries: readonly Entry[]
): Promise<SyncReport[]> {
  const to: PeerId = network.self
  const stream = await from.open(to, SYNC_PROTOCOL)
  const [now] = new DayKeys(believed, () => [NOON]).now()
  if (now === undefined) throw new Error('no keys today')
  await stream.write(sealExchange(now, { from: from.self, to }, { kind: 'sync' }, systemRandom))
  const byId = new Map(entries.map(entry => [entry.id, entry]))
  const setOf = (entryClass: EntryClass): MemorySet =>
    new MemorySet(
      entries.filter(({ header }) => header.class === entryClass).map(({ id, header }) => ({ ms: header.clock.ms, id }))
    )
  const log: SyncLog = {
    classes: (['control', 'chat'] as const).map(each => ({ class: each, set: setOf(each), from: LOWEST })),
    load: async ids => ids.flatMap(id => byId.get(id) ?? []),
    lacking: async () => [],
    take: async () => 0,
    companionsOf: async () => [],
    takeCompanion: async () => undefined
  }
  return syncWith(stream, log, systemClock)
}

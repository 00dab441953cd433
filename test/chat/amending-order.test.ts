import { expect, test } from 'vitest'
import { expectValue, systemRandom } from '../../src/core/bytes/index.ts'
import { DELETION_KIND, EDIT_KIND, MESSAGE_KIND } from '../../src/core/chat/room/content.ts'
import type { OwnWords } from '../../src/core/chat/room/own-entries.ts'
import { Room } from '../../src/core/chat/room/room.ts'
import { openRoom } from '../../src/core/encryption/index.ts'
import { openIdentity, type DisplayName, type Identity } from '../../src/core/identity/index.ts'
import { isWhole, type Entry, type EntryStore, type StoredEntry } from '../../src/core/log/index.ts'
import { identityOf, NOON } from '../support/cast.ts'
import { madeUpId, writeWords, type Words } from '../support/mallory.ts'
import { memoryStorage } from '../support/memory-storage.ts'
import { seededRandom } from '../support/seeded-random.ts'

const keys = expectValue(openRoom('lobby'))
const clock = { now: () => NOON + 60_000, after: () => () => undefined }
const SEEDS = Array.from({ length: 60 }, (_, seed) => seed)

test.for(SEEDS)(
  'whatever edits and deletions say, in whatever order and over whatever restarts and losses they come, all see the same: seed %d',
  async seed => {
    const pick = picker(seed)
    const cast = await hostileCast()
    const hasFalseSalts = seed % 2 === 0
    const said = await hostileWords(cast, pick, hasFalseSalts)
    const [bob, cy] = [await take(said, cast, pick, 1), await take(said, cast, pick, 2)]
    const left = await bob.load(said.map(({ id }) => id))
    const dan = await take(left, cast, pick, 3)
    const ofBob = await seen(bob, said)
    expect(await seen(cy, said)).toEqual(ofBob)
    expect(await seen(dan, said)).toEqual(ofBob)
    if (hasFalseSalts) return
    for (const store of [bob, cy, dan]) expect(await leftWhenAllGoes(store)).toEqual([])
  }
)

type Pick = (below: number) => number

function picker(seed: number): Pick {
  const random = seededRandom(seed)
  return below => (random(1)[0] ?? 0) % below
}

/** Two devices of one member, and one of somebody else. */
async function hostileCast(): Promise<Identity[]> {
  const rootSeed = seededRandom(66)(32)
  const devices: Identity[] = []
  for (const seed of [67, 68]) {
    devices.push(await openIdentity({ rootSeed, deviceSeed: seededRandom(seed)(32), certifiedAt: NOON }))
  }
  return [...devices, await identityOf(69)]
}

/** Messages, edits and deletions of each other, by rules and against them. */
async function hostileWords(cast: readonly Identity[], pick: Pick, hasFalseSalts: boolean): Promise<Entry[]> {
  const said: { entry: Entry; author: Identity; sequence: number; kind: number; opening: Uint8Array }[] = []
  const sequences = new Map<Identity, number>()
  for (let index = 0; index < 16; index += 1) {
    const author = cast[pick(cast.length)] as Identity
    const sequence = (sequences.get(author) ?? 0) + 1
    sequences.set(author, sequence)
    const opening = new Uint8Array(16).fill(pick(3))
    const targets = Array.from({ length: 1 + pick(3) }, () => said[pick(Math.max(1, said.length))])
    const known = targets.filter(each => each !== undefined)
    const words = wordsOf(pick(3), known)
    const salted = hasFalseSalts && pick(3) === 0 && { salted: saltedAs(pick, cast) }
    const place = { sequence, ...(sequence > 1 && { previous: madeUpId() }) }
    const options: Words = { ...place, clock: { ms: NOON + pick(40) * 1000, counter: index }, opening, ...salted }
    const entry = await writeWords(author, words, options)
    const kind = options.salted?.kind ?? words.kind
    said.push({ entry, author: options.salted === undefined ? author : (cast[0] as Identity), sequence, kind, opening })
  }
  return said.map(({ entry }) => entry)

  function wordsOf(choice: number, known: typeof said): OwnWords {
    const [first] = known
    if (choice === 0 || first === undefined) return { kind: MESSAGE_KIND, text: `text ${said.length}` }
    if (choice === 1) return { kind: EDIT_KIND, text: `text ${said.length}`, target: first.entry.id }
    const unique = [...new Map(known.map(each => [each.entry.id, each])).values()]
    const claims = unique.map(({ entry, author, sequence, kind, opening }) => ({
      id: entry.id,
      device: author.certificate.device,
      sequence,
      kind: kind === DELETION_KIND ? MESSAGE_KIND : kind,
      opening: pick(5) === 0 ? new Uint8Array(16).fill(9) : opening
    }))
    return { kind: DELETION_KIND, targets: claims }
  }
}

function saltedAs(pick: Pick, cast: readonly Identity[]): NonNullable<Words['salted']> {
  return { kind: [MESSAGE_KIND, EDIT_KIND, 9][pick(3)] as number, device: (cast[0] as Identity).certificate.device }
}

/** A room that takes these in, in some order and some pieces, and now and then starts again, or keeps less for a while. */
async function take(
  entries: readonly StoredEntry[],
  cast: readonly Identity[],
  pick: Pick,
  seed: number
): Promise<EntryStore> {
  const store = memoryStorage().room(keys.roomId)
  const start = async (): Promise<Room> => {
    const room = await roomOf(store, seed)
    for (const { certificate } of cast) await room.introduce({ certificate: certificate.bytes, nick: undefined }, 0)
    return room
  }
  let room = await start()
  const left = entries.map(entry => ({ entry, draw: pick(256) })).sort((a, b) => a.draw - b.draw)
  while (left.length > 0) {
    await room.accept(left.splice(0, 1 + pick(4)).map(({ entry }) => entry))
    if (pick(4) === 0) room = await start()
    if (pick(5) === 0) await room.retain({ kind: 'age', millis: 20_000 + pick(40) * 1000 }, NOON + 60_000)
    if (pick(3) === 0) await room.retain({ kind: 'forever' }, NOON + 60_000)
  }
  await room.retain({ kind: 'forever' }, NOON + 60_000)
  // As the next sync would, for what was waited for in vain, or is kept again.
  await room.accept(entries)
  return store
}

async function seen(store: EntryStore, said: readonly Entry[]): Promise<string[]> {
  const room = await roomOf(store, 4)
  const shown = await room.shown.newest(99)
  const lines = shown.map(({ id, text, deleted, author, edited }) => `${id} ${author} ${text} ${deleted} ${edited}`)
  const here = await store.load(said.map(({ id }) => id))
  return [...lines, ...here.map(entry => `${entry.id} ${isWhole(entry) ? 'whole' : 'erased'}`)]
}

/** Names of records about entries of which none is here any more. */
async function leftWhenAllGoes(store: EntryStore): Promise<string[]> {
  const room = await roomOf(store, 4)
  await room.retain({ kind: 'age', millis: 1000 }, NOON + 60_000)
  const records = await Promise.all(['edits/', 'claim/', 'sequence/'].map(prefix => store.records.list(prefix)))
  return records.flat().map(([name]) => name)
}

async function roomOf(store: EntryStore, seed: number): Promise<Room> {
  const nick = (): DisplayName => 'X' as DisplayName
  return Room.load({ keys, store, identity: await identityOf(seed), nick, clock, random: systemRandom })
}

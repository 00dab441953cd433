// The store: a long room's newest messages, and durable appends, as ratios against LevelDB by itself in the same run.
// `npm run bench`
import { join } from 'node:path'
import process from 'node:process'
import { systemClock, systemRandom } from '../src/core/bytes/index.ts'
import { encodeContent } from '../src/core/chat/room/content.ts'
import { Room } from '../src/core/chat/room/room.ts'
import { openRoom, sealEntry } from '../src/core/encryption/index.ts'
import { createIdentitySecrets, openIdentity, type DisplayName } from '../src/core/identity/index.ts'
import { encodeEntry, openStorage, type Entry, type EntryStore } from '../src/core/log/index.ts'
import { databaseAt, median, removeFolders, temporaryFolder } from './bench-peer.ts'

const SHOWN = 50
const RUNS = 15
const APPENDS = 300
const SIZES = process.argv.includes('--large') ? [1000, 10_000, 100_000, 1_000_000] : [1000, 10_000, 100_000]

const opened = openRoom('bench')
if (!opened.ok) throw new Error(opened.error)
const keys = opened.value
const contentKey = keys.epochs.contentKey('chat', keys.epochs.current()) ?? new Uint8Array()
const identity = await openIdentity(createIdentitySecrets(systemRandom, Date.now()))
const reader = await openIdentity(createIdentitySecrets(systemRandom, Date.now()))
const profile = { certificate: identity.certificate.bytes, nick: 'Bench' as DisplayName }

/** Entries as a member writes them, each behind the one before. */
async function* talk(count: number): AsyncIterable<Entry> {
  const start = Date.now() - count * 1000
  let previous: Entry | undefined
  for (let sequence = 1; sequence <= count; sequence += 1) {
    const clock = { ms: start + sequence * 1000, counter: 0 }
    const header = {
      class: 'chat',
      epoch: keys.epochs.current(),
      clock,
      extensions: [],
      salt: systemRandom(16)
    } as const
    const content = encodeContent({ kind: 1, text: `message ${sequence}`, ...(sequence === 1 && { profile }) })
    const body = { sequence, previous: previous?.id, parents: [], kind: 1, content }
    previous = await sealEntry({ roomId: keys.roomId, contentKey }, identity.deviceKey, header, body)
    yield previous
  }
}

async function loadRoom(store: EntryStore): Promise<Room> {
  const nick = (): DisplayName => 'Reader' as DisplayName
  return Room.load({ keys, store, identity: reader, nick, clock: systemClock, random: systemRandom })
}

async function benchShow(count: number): Promise<void> {
  const folder = await temporaryFolder()
  const storage = await openStorage(databaseAt(join(folder, 'room')))
  const store = storage.room(keys.roomId)
  const raw = databaseAt(join(folder, 'raw'))
  const filling = await loadRoom(store)
  let group: Entry[] = []
  let place = 0
  for await (const entry of talk(count)) {
    group.push(entry)
    if (group.length < 500 && entry.id !== undefined && place + group.length < count) continue
    await filling.accept(group)
    await raw.batch(group.map(each => ({ type: 'put', key: orderBytes(place++), value: encodeEntry(each) })))
    group = []
  }
  const [shown, stored, read]: [number[], number[], number[]] = [[], [], []]
  for (let run = 0; run < RUNS; run += 1) {
    read.push(await millisecondsOf(() => raw.values({ reverse: true, limit: SHOWN }).all()))
    stored.push(await millisecondsOf(() => store.newestShown(SHOWN)))
    shown.push(
      await millisecondsOf(async () => {
        const room = await loadRoom(store)
        if ((await room.shown.newest(SHOWN)).length !== SHOWN) throw new Error('not all are shown')
      })
    )
  }
  await storage.close()
  await raw.close()
  const ratio = (times: readonly number[]): string => (median(times) / median(read)).toFixed(1)
  process.stdout.write(
    `room of ${count}: opened and the last ${SHOWN} shown in ${median(shown).toFixed(1)} ms, ${ratio(shown)} of a raw range read; ` +
      `sealed, from the store alone, ${ratio(stored)}\n`
  )
}

async function benchAppend(): Promise<void> {
  const folder = await temporaryFolder()
  const storage = await openStorage(databaseAt(join(folder, 'store')))
  const raw = databaseAt(join(folder, 'raw'))
  const store = storage.room('bench')
  const entries: Entry[] = []
  for await (const entry of talk(APPENDS * 2)) entries.push(entry)
  const durable: object = { sync: true }
  const [stored, written]: [number[], number[]] = [[], []]
  for (const [place, entry] of entries.entries()) {
    written.push(
      await millisecondsOf(() =>
        raw.batch([{ type: 'put', key: orderBytes(place), value: encodeEntry(entry) }], durable)
      )
    )
    stored.push(
      await millisecondsOf(() => store.commit({ entries: [entry], shown: new Map([[entry.id, new Uint8Array()]]) }))
    )
  }
  await storage.close()
  await raw.close()
  process.stdout.write(
    `durable append: ${median(stored).toFixed(2)} ms, ${(median(written) / median(stored)).toFixed(2)} of the rate of a raw batch\n`
  )
}

function orderBytes(place: number): Uint8Array {
  return new TextEncoder().encode(String(place).padStart(12, '0'))
}

async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

try {
  await benchAppend()
  for (const size of SIZES) await benchShow(size)
} finally {
  await removeFolders()
}

// Two stores over loopback TCP, of which one lacks 100 entries: how much is said until they are known, and how long it
// takes until they are stored, as a ratio against a raw libp2p stream that carries the same records into the same kind of
// store in the same run. `npm run bench`
import process from 'node:process'
import { systemClock, systemRandom } from '../src/core/bytes/index.ts'
import {
  createEntry,
  decodeEntry,
  encodeEntry,
  LOWEST,
  openStorage,
  serveSync,
  SYNC_LIMITS,
  SYNC_PROTOCOL,
  syncWith,
  type Entry,
  type EntryStore,
  type SyncLog
} from '../src/core/log/index.ts'
import type { Network } from '../src/core/network/index.ts'
import { databaseAt, median, openNetwork, removeFolders, temporaryFolder, untilConnected } from './bench-peer.ts'

const MISSING = 100
const RUNS = 9
const START = Date.parse('2026-01-01T00:00:00Z')
const SIZES = process.argv.includes('--large') ? [1000, 10_000, 100_000, 1_000_000] : [1000, 10_000, 100_000]
const RAW = '/bench/1'

interface Side {
  readonly network: Network
  /** What it answers with. */
  served: { store: EntryStore; records: readonly Entry[] }
  room(name: string): EntryStore
  close(): Promise<void>
}

async function openSide(bootstrap: string[]): Promise<Side> {
  const database = databaseAt(await temporaryFolder())
  const storage = await openStorage(database)
  const network = await openNetwork(database, bootstrap)
  const side: Side = {
    network,
    served: { store: storage.room(''), records: [] },
    room: name => storage.room(name),
    async close() {
      await network.stop()
      await storage.close()
    }
  }
  network.handle(SYNC_PROTOCOL, SYNC_LIMITS, stream => serveSync(stream, logOf(side.served.store), systemClock))
  network.handle(RAW, SYNC_LIMITS, async stream => {
    for (const record of side.served.records) await stream.write(encodeEntry(record))
  })
  return side
}

function entry(ms: number): Entry {
  const start = { class: 'chat', epoch: new Uint8Array(16), clock: { ms, counter: 0 }, extensions: [] } as const
  return createEntry({ ...start, salt: systemRandom(16) }, systemRandom(512))
}

async function fill(stores: readonly EntryStore[], count: number): Promise<void> {
  for (let from = 0; from < count; from += 1000) {
    const entries = Array.from({ length: Math.min(1000, count - from) }, (_, index) =>
      entry(START + (from + index) * 60_000)
    )
    for (const store of stores) await store.commit({ entries })
  }
}

function logOf(store: EntryStore): SyncLog {
  return {
    classes: [{ class: 'chat', set: store.sets.chat, from: LOWEST }],
    load: ids => store.load(ids),
    lacking: ids => store.lacking(ids),
    take: async entries => {
      await store.commit({ entries })
      return entries.length
    },
    companionsOf: async () => [],
    takeCompanion: async () => undefined
  }
}

/** Milliseconds until `to` has stored what it lacks, and what it took to learn that. */
async function sync(to: Side, from: Side, here: EntryStore) {
  const start = performance.now()
  const signal = AbortSignal.timeout(60_000)
  const stream = await to.network.open(from.network.self, SYNC_PROTOCOL, SYNC_LIMITS, signal)
  const [report] = await syncWith(stream, logOf(here), systemClock)
  const took = performance.now() - start
  if (report?.received !== MISSING) throw new Error(`${report?.received} entries came`)
  return { took, rounds: report.rounds, bytes: report.reconciliationBytes }
}

/** Milliseconds until `to` has stored, in one write, as many records that come over a raw stream. */
async function raw(to: Side, from: Side, store: EntryStore): Promise<number> {
  const start = performance.now()
  const stream = await to.network.open(from.network.self, RAW, SYNC_LIMITS, AbortSignal.timeout(60_000))
  await stream.end()
  const entries: Entry[] = []
  for (let frame = await stream.read(); frame !== undefined; frame = await stream.read()) {
    const decoded = decodeEntry(frame)
    if (decoded.ok) entries.push(decoded.value)
  }
  await store.commit({ entries })
  return performance.now() - start
}

async function benchSync(): Promise<void> {
  const anna = await openSide([])
  const bob = await openSide(anna.network.addresses())
  try {
    await untilConnected(bob.network)
    for (const size of SIZES) {
      const [here, there] = [bob.room(`room ${size}`), anna.room(`room ${size}`)]
      await fill([here, there], size)
      const times: number[] = []
      const rawTimes: number[] = []
      let [rounds, bytes] = [0, 0]
      for (let run = 0; run < RUNS; run += 1) {
        const newest = Array.from({ length: MISSING }, (_, index) =>
          entry(START + (size + run * MISSING + index) * 60_000)
        )
        anna.served = { store: there, records: newest }
        rawTimes.push(await raw(bob, anna, bob.room(`raw ${size}`)))
        await there.commit({ entries: newest })
        const result = await sync(bob, anna, here)
        times.push(result.took)
        rounds = result.rounds
        bytes = result.bytes
      }
      const ratio = median(times) / median(rawTimes)
      process.stdout.write(
        `${MISSING} missing of ${size}: ${rounds} round trips, ${bytes} bytes for ids, ` +
          `${median(times).toFixed(1)} ms, ${ratio.toFixed(2)} of a raw stream into a store\n`
      )
    }
  } finally {
    await Promise.all([anna.close(), bob.close()])
    await removeFolders()
  }
}

await benchSync()

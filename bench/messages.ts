// Messages from one Node peer to another over loopback TCP, both in this process: sealed, signed, stored durably on
// both sides. As a ratio against a raw libp2p stream that carries the same number of frames of the same size in the
// same run. `npm run bench`
import process from 'node:process'
import { systemClock, systemRandom } from '../src/core/bytes/index.ts'
import { openPeer, type Peer } from '../src/core/chat/index.ts'
import { openStorage } from '../src/core/log/index.ts'
import type { Network } from '../src/core/network/index.ts'
import { databaseAt, openNetwork, removeFolders, temporaryFolder, untilConnected } from './bench-peer.ts'

const MESSAGES = 2000
/** One gossiped chat entry: nonce, header, smallest body, tag. */
const FRAME_BYTES = 24 + 80 + 512 + 16
const LIMITS = { maxFrameBytes: 1024, maxTotalBytes: MESSAGES * 2048, maxDuration: 60_000 }
const SERVED = { ...LIMITS, maxStreams: 4, maxStreamsPerPeer: 4 }

interface Bench {
  readonly peer: Peer
  readonly network: Network
}

export async function benchMessages(): Promise<void> {
  const anna = await openBench([])
  const bob = await openBench(anna.network.addresses())
  try {
    const raw = await rawFrames(bob, anna)
    for (const { peer } of [anna, bob]) await peer.joinOpenRoom('bench')
    await until(anna.peer, event => event.event === 'member' && event.change === 'online')
    await chat(bob, anna, 200)
    const cpu = process.cpuUsage()
    const rate = await chat(bob, anna, MESSAGES)
    const { user, system } = process.cpuUsage(cpu)
    print('raw libp2p stream', raw)
    print('chat messages', rate)
    process.stdout.write(
      `ratio ${(rate / raw).toFixed(3)} · CPU ${Math.round((user + system) / MESSAGES)} us a message, both sides\n`
    )
  } finally {
    await Promise.all([anna.peer.stop(), bob.peer.stop()])
    await removeFolders()
  }
}

async function openBench(bootstrap: string[]): Promise<Bench> {
  const database = databaseAt(await temporaryFolder())
  const storage = await openStorage(database)
  const peer = await openPeer({ storage, clock: systemClock, random: systemRandom })
  const network = await openNetwork(database, bootstrap)
  await peer.goOnline(network)
  return { peer, network }
}

/** Frames a second over one stream, as fast as the other side takes them. */
async function rawFrames(from: Bench, to: Bench): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const unhandle = to.network.handle('/bench/1', SERVED, async stream => {
    for (let count = 0; count < MESSAGES; count += 1) await stream.read()
    resolve()
  })
  await untilConnected(from.network)
  const stream = await from.network.open(to.network.self, '/bench/1', LIMITS, AbortSignal.timeout(60_000))
  const frame = new Uint8Array(FRAME_BYTES)
  const start = performance.now()
  for (let count = 0; count < MESSAGES; count += 1) await stream.write(frame)
  await promise
  unhandle()
  return perSecond(MESSAGES, start)
}

/** Messages a second from the first send until the other side has stored and told the last. */
async function chat(from: Bench, to: Bench, count: number): Promise<number> {
  let heard = 0
  const all = until(to.peer, event => event.event === 'message' && (heard += 1) === count)
  const start = performance.now()
  await Promise.all(Array.from({ length: count }, (_, index) => from.peer.send('bench', `message ${index}`)))
  await all
  return perSecond(count, start)
}

function until(peer: Peer, fits: (event: Parameters<Parameters<Peer['listen']>[0]>[0]) => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const unlisten = peer.listen(event => {
    if (!fits(event)) return
    unlisten()
    resolve()
  })
  return promise
}

function perSecond(count: number, start: number): number {
  return count / ((performance.now() - start) / 1000)
}

function print(what: string, rate: number): void {
  process.stdout.write(`${what.padEnd(20)} ${Math.round(rate)} a second\n`)
}

await benchMessages()

import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tcp } from '@libp2p/tcp'
import { LevelDatastore } from 'datastore-level'
import { systemClock } from '../../src/core/bytes/index.ts'
import { encodeReachAnswer, REACH_PROTOCOL } from '../../src/core/network/libp2p/reach-codec.ts'
import { createLibp2pNetwork } from '../../src/core/network/index.ts'

/** A peer that tells whoever asks that it sees them at a victim's address, and reached them there; its clock is wrong. */
const [listen = '', victim = ''] = process.argv.slice(2)
const LIMITS = { maxFrameBytes: 1024, maxTotalBytes: 1024, maxDuration: 20_000, maxStreamsPerPeer: 8, maxStreams: 64 }

const datastore = new LevelDatastore(join(await mkdtemp(join(tmpdir(), 'starling-liar-')), 'libp2p'))
await datastore.open()
const network = await createLibp2pNetwork({
  transports: [tcp()],
  datastore,
  listen: [listen],
  announce: [listen],
  bootstrap: [],
  relayServer: false,
  dht: 'off',
  clock: systemClock,
  profile: 'node'
})
network.handle(REACH_PROTOCOL, LIMITS, async stream => {
  await stream.read()
  await stream.write(encodeReachAnswer({ outcome: 'done', time: Date.now() + 3_600_000, observed: victim }))
})
console.log(`${listen}/p2p/${network.self}`)

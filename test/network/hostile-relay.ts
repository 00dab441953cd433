import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { circuitRelayServer, RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import type { Stream } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { lpStream } from '@libp2p/utils'
import { createLibp2p } from 'libp2p'
import { concatBytes, systemRandom } from '../../src/core/bytes/index.ts'
import { field, varint } from './protobuf.ts'

/** Types and statuses of circuit relay v2 (https://github.com/libp2p/specs/blob/master/relay/circuit-v2.md). */
const TYPE = { reserve: 0, connect: 1, status: 2 } as const
const STATUS = { ok: 100, refused: 200 } as const

/** How a relay may treat whoever asks it for a place, or for a circuit. */
export type Hostility =
  | 'refuses'
  | 'is silent'
  | 'answers without end'
  | 'answers garbage'
  | 'drops circuits'
  | 'holds circuits'

export interface HostileRelay {
  readonly addresses: string[]
  /** How often it was asked for a place, and for a circuit. */
  readonly asked: { places: number; circuits: number }
  stop(): Promise<void>
}

/** A relay as others are, but each second circuit to anybody is refused, as a broken or a choosy one would. */
export async function startChoosyRelay(): Promise<Omit<HostileRelay, 'asked'> & { readonly peer: string }> {
  const asked = new Map<string, number>()
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: {
      denyOutboundRelayedConnection(_, to) {
        const count = asked.get(to.toString()) ?? 0
        asked.set(to.toString(), count + 1)
        return count % 2 === 0
      }
    },
    services: { identify: identify(), ping: ping(), relay: circuitRelayServer() }
  })
  return {
    peer: node.peerId.toString(),
    addresses: node.getMultiaddrs().map(String),
    stop: async () => node.stop()
  }
}

export async function startHostileRelay(hostility: Hostility): Promise<HostileRelay> {
  const asked = { places: 0, circuits: 0 }
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), ping: ping() }
  })
  await node.handle(RELAY_V2_HOP_CODEC, async (stream: Stream) => {
    const wire = lpStream(stream)
    // Field 1 of the message is its type.
    const isReserve = (await wire.read()).subarray(0, 2)[1] === TYPE.reserve
    asked[isReserve ? 'places' : 'circuits'] += 1
    await answer(isReserve, stream, wire).catch(() => undefined)
  })

  async function answer(isReserve: boolean, stream: Stream, wire: ReturnType<typeof lpStream>): Promise<void> {
    if (hostility === 'is silent') return
    if (hostility === 'answers garbage') return wire.write(systemRandom(200))
    if (hostility === 'refuses') return wire.write(status(STATUS.refused))
    if (hostility === 'answers without end') {
      stream.send(new Uint8Array([0xff, 0xff, 0xff, 0xff, 0x07]))
      while (stream.status === 'open' && stream.send(systemRandom(60_000)));
      return
    }
    if (isReserve) return wire.write(concatBytes([status(STATUS.ok), reservation()]))
    if (hostility === 'holds circuits') return
    await wire.write(status(STATUS.ok))
    stream.abort(new Error('no circuit'))
  }

  /** Field 3: until when (1), and the addresses of this relay (2). */
  function reservation(): Uint8Array {
    const expires = varint(Math.floor(Date.now() / 1000) + 3600)
    const addresses = node.getMultiaddrs().map(address => field(2, address.bytes))
    return field(3, concatBytes([Uint8Array.of(1 << 3), expires, ...addresses]))
  }

  return {
    asked,
    addresses: node.getMultiaddrs().map(String),
    stop: async () => node.stop()
  }
}

/** Fields 1 and 5: a status. */
function status(code: number): Uint8Array {
  return concatBytes([Uint8Array.of(1 << 3, TYPE.status, 5 << 3), varint(code)])
}

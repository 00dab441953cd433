import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../../src/core/bytes/index.ts'
import type { FrameStream, PeerId } from '../../../src/core/network/index.ts'
import { encodeHolePunch } from '../../../src/core/network/libp2p/punch/dcutr-message.ts'
import { createPunching, type PunchingDeps } from '../../../src/core/network/libp2p/punch/punching.ts'

const RELAY = '/ip4/44.0.0.1/tcp/443'
const MALLORY = '12D3KooWPXkMipqLvL2aY7brwDyghSDx58TexTkLvmKf73dves6j' as PeerId
const CONNECT = encodeHolePunch({ type: 'connect', addresses: ['/ip4/44.0.0.66/tcp/666'] })
const SYNC = encodeHolePunch({ type: 'sync', addresses: [] })

/**
 * The side that is asked, with Mallory at the other end of a circuit: what it dials is noted. A relay tells it that it is seen at
 * `seenAt`.
 */
function victim(seenAt: string) {
  const dialled: string[] = []
  let handler: (stream: FrameStream) => Promise<void> = async () => undefined
  const listeners = new Map<string, (event: object) => void>()
  const relayed = { path: 'relayed', rtt: 1, connection: { direction: 'inbound' }, address: `${RELAY}/p2p-circuit` }
  const relay = { path: 'direct', rtt: 1, connection: { direction: 'outbound' }, address: RELAY }
  const deps = {
    scope: {
      clock: systemClock,
      jitter: () => 0.5,
      signal: new AbortController().signal,
      node: {
        peerId: { toString: () => '12D3KooWAAA' },
        logger: { forComponent: () => () => undefined },
        addEventListener: (type: string, listener: (event: object) => void) => listeners.set(type, listener),
        removeEventListener: () => undefined,
        peerStore: { get: async () => ({ protocols: ['/libp2p/circuit/relay/0.2.0/hop'], addresses: [] }) }
      }
    },
    connections: {
      ids: () => [MALLORY],
      of: () => [relayed, relay],
      best: () => relayed
    },
    streams: { handle: (_: string, __: object, run: typeof handler) => ((handler = run), () => undefined) },
    freePort: async () => 40_000,
    rawDial: {
      async dial(address: { toString(): string }) {
        const text = address.toString()
        if (!text.startsWith(RELAY)) {
          dialled.push(text.replace(/\/p2p\/.*/, ''))
          throw new Error('nobody is there')
        }
        const connection = { id: `${dialled.length}`, status: 'open', close: async () => undefined }
        setTimeout(() => listeners.get('peer:identify')?.({ detail: { connection, observedAddr: seenAt } }))
        return connection
      }
    }
  }
  const punching = createPunching(deps as unknown as PunchingDeps)
  onTestFinished(() => punching.stop())
  return { dialled, ask: (...frames: Uint8Array[]) => handler(streamOf(frames)) }
}

/** Mallory's end: says this, then ends. */
function streamOf(frames: readonly Uint8Array[]): FrameStream {
  const left = [...frames]
  return {
    peer: MALLORY,
    read: async () => left.shift(),
    write: async () => undefined,
    end: async () => undefined,
    abort: () => undefined
  }
}

test('the addresses that a peer names are dialled only once both have said where they are', async () => {
  const { dialled, ask } = victim('/ip4/44.0.0.9/tcp/40000')
  await expect(ask(CONNECT, SYNC)).rejects.toThrow()
  expect(new Set(dialled)).toEqual(new Set(['/ip4/44.0.0.66/tcp/666']))
}, 20_000)

test.each<[string, Uint8Array[]]>([
  ['nothing', []],
  ['garbage', [Uint8Array.of(1, 2, 3)]],
  ['a SYNC first', [SYNC, SYNC]],
  ['no SYNC', [CONNECT]],
  ['two CONNECTs', [CONNECT, CONNECT]],
  ['private addresses alone', [encodeHolePunch({ type: 'connect', addresses: ['/ip4/192.168.1.1/tcp/80'] }), SYNC]],
  ['no address', [encodeHolePunch({ type: 'connect', addresses: [] }), SYNC]]
])('a peer that says %s makes this one dial nobody', async (_, frames) => {
  const { dialled, ask } = victim('/ip4/44.0.0.9/tcp/40000')
  await expect(ask(...frames)).rejects.toThrow()
  expect(dialled).toEqual([])
})

test('a relay that says it sees a private address is not believed', async () => {
  const { dialled, ask } = victim('/ip4/192.168.1.7/tcp/40000')
  await expect(ask(CONNECT, SYNC)).rejects.toThrow('seen from cannot be told')
  expect(dialled).toEqual([])
})

test('whoever asks again and again is answered a few times', async () => {
  const { ask } = victim('/ip4/44.0.0.9/tcp/40000')
  for (let count = 0; count < 3; count += 1) await expect(ask(CONNECT)).rejects.toThrow('ended the exchange')
  await expect(ask(CONNECT)).rejects.toThrow('often enough')
})

import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import { describe, expect, test } from 'vitest'
import type { PeerId } from '../../src/core/network/network.ts'
import type { Connections, Tracked } from '../../src/core/network/libp2p/connections.ts'
import { createRetryTimer } from '../../src/core/network/libp2p/retry-timer.ts'
import type { Scope } from '../../src/core/network/libp2p/scope.ts'
import { createUpgrades } from '../../src/core/network/libp2p/upgrades.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const SELF = '12D3KooWA'
const PEER = '12D3KooWB' as PeerId
const CIRCUIT = `/ip4/192.0.2.1/tcp/443/p2p/12D3KooWR/p2p-circuit/p2p/${PEER}`

describe('looking for a better way', () => {
  test('goes on as it was when a WebRTC connection came to nothing', async () => {
    const { clock, connect, upgrades } = scene()
    connect(tracked('relayed', true))
    await pass(clock, 60)
    const { tries } = upgrades.of(PEER)
    expect(tries).toBeGreaterThan(2)
    connect(tracked('relayed', true), tracked('webrtc', false))
    await pass(clock, 5)
    connect(tracked('relayed', true))
    expect(upgrades.of(PEER)).toMatchObject({ tries, reasons: ['no-address', 'webrtc-off'] })
  })

  test('waits while a WebRTC connection is being proved, and ends with its first answer', async () => {
    const { clock, connect, upgrades } = scene()
    connect(tracked('relayed', true))
    connect(tracked('relayed', true), tracked('webrtc', false))
    await pass(clock, 60)
    expect(upgrades.of(PEER)).toMatchObject({ tries: 0, nextTry: expect.any(Number) })
    connect(tracked('relayed', true), tracked('webrtc', true))
    expect(upgrades.of(PEER).nextTry).toBeUndefined()
  })

  test('begins anew when the better way is lost', async () => {
    const { clock, connect, upgrades } = scene()
    connect(tracked('relayed', true))
    await pass(clock, 60)
    connect(tracked('relayed', true), tracked('punched', true))
    expect(upgrades.of(PEER)).toMatchObject({ tries: 0, nextTry: undefined })
    connect(tracked('relayed', true))
    expect(upgrades.of(PEER)).toMatchObject({ tries: 0, nextTry: 300 })
  })
})

/** Time, second by second, with what follows from each. */
async function pass(clock: VirtualClock, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    clock.advance(1_000)
    await new Promise(setImmediate)
  }
}

/** A peer whose every try comes to nothing at once. */
function scene() {
  const clock = new VirtualClock(0)
  let all: Tracked[] = []
  const node = {
    peerId: { toString: () => SELF } as Libp2pPeerId,
    peerStore: { get: () => Promise.reject(new Error()) }
  }
  const dialler = { canDial: () => Promise.resolve(false), isElsewhere: () => false }
  const scope = { node, clock, jitter: () => 0.5, signal: new AbortController().signal, dialler } as unknown as Scope
  const upgrades = createUpgrades(scope, { of: () => all } as unknown as Connections, undefined, () => undefined)
  const connect = (...connections: Tracked[]): void => {
    all = connections
    upgrades.changed(PEER)
  }
  return { clock, connect, upgrades }
}

function tracked(path: Tracked['path'], usable: boolean): Tracked {
  const timer = createRetryTimer(new VirtualClock(0))
  const connection = {} as Tracked['connection']
  return { connection, path, address: CIRCUIT, usable, rtt: undefined, silent: 0, suspected: false, timer }
}

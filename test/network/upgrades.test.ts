import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import { describe, expect, test } from 'vitest'
import type { PeerId } from '../../src/core/network/network.ts'
import type { PathReason } from '../../src/core/network/path-reasons.ts'
import type { Connections, Tracked } from '../../src/core/network/libp2p/connections.ts'
import type { Dialler } from '../../src/core/network/libp2p/dialler.ts'
import { createRetryTimer } from '../../src/core/network/libp2p/retry-timer.ts'
import type { Scope } from '../../src/core/network/libp2p/scope.ts'
import { createUpgrades } from '../../src/core/network/libp2p/upgrades.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const SELF = '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'
const PEER = '12D3KooWNzWRZvfmmkvyMJK9FN1QKuvaQKuMjBT8UuteqtD9EL8h' as PeerId
const RELAY = '12D3KooWSGPbZiDEPWPbFh2yJGfB4NseyxQTGXQ7iSFZFobzaHJJ'
const CIRCUIT = `/ip4/192.0.2.1/tcp/443/p2p/${RELAY}/p2p-circuit/p2p/${PEER}`
const OTHER_CIRCUIT = `/ip4/192.0.2.2/tcp/443/p2p/${RELAY}/p2p-circuit/p2p/${PEER}`

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

  test('tells what is known while WebRTC takes its time, and does not send an offer that was answered over a second circuit', async () => {
    const dialled: string[] = []
    const { clock, connect, upgrades } = scene((address, signal, signalled) => {
      dialled.push(address)
      signalled?.()
      return givenUp(signal)
    })
    connect(tracked('relayed', true), tracked('relayed', true, OTHER_CIRCUIT))
    await pass(clock, 4)
    expect(upgrades.of(PEER)).toMatchObject({ tries: 0, reasons: ['no-address', 'webrtc-trying'] })
    await pass(clock, 15)
    expect(upgrades.of(PEER)).toMatchObject({ tries: 1, reasons: ['no-address', 'webrtc-no-route'] })
    expect(dialled).toHaveLength(1)
    await pass(clock, 10)
    expect(dialled.length).toBeGreaterThan(1)
    expect(upgrades.of(PEER).reasons).toEqual(['no-address', 'webrtc-no-route'])
  })

  test('sends an offer that nobody answers over the second circuit, too', async () => {
    const dialled: string[] = []
    const { clock, connect, upgrades } = scene((address, signal) => {
      dialled.push(address)
      return givenUp(signal)
    })
    connect(tracked('relayed', true), tracked('relayed', true, OTHER_CIRCUIT))
    await pass(clock, 20)
    expect(new Set(dialled).size).toBe(2)
    expect(upgrades.of(PEER).tries).toBe(0)
  })

  test('begins when the peer has told what it can, and without that after a while', async () => {
    const punches: number[] = []
    const punching = { punch: async () => void punches.push(clock.now()), reasonOf: () => undefined }
    const { clock, connect, identify } = scene(undefined, punching, undefined, new Map())
    connect(tracked('relayed', true))
    await pass(clock, 2)
    expect(punches).toEqual([])
    identify()
    await pass(clock, 1)
    expect(punches).toHaveLength(1)
    connect()
    connect(tracked('relayed', true))
    await pass(clock, 10)
    expect(punches.length).toBeGreaterThan(1)
  })

  test('tells why there is no hole while WebRTC is still being tried', async () => {
    let reason: PathReason | undefined
    const told: string[] = []
    const punching = {
      async punch() {
        reason = 'punch-random-ports'
        throw new Error('no hole')
      },
      reasonOf: () => reason
    }
    const { clock, connect, upgrades } = scene(
      (_, signal) => givenUp(signal),
      punching,
      () => told.push(upgrades.of(PEER).reasons.join())
    )
    connect(tracked('relayed', true))
    await pass(clock, 1)
    expect(told).toEqual(['punch-random-ports'])
  })
})

function givenUp(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
}

/** Time, second by second, with what follows from each. */
async function pass(clock: VirtualClock, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    clock.advance(1_000)
    await new Promise(setImmediate)
  }
}

type Open = (address: string, signal: AbortSignal, signalled?: () => void) => Promise<never>

/** A peer whose every try comes to nothing: at once, or as `open` has it. */
function scene(
  open?: Open,
  punching?: Parameters<typeof createUpgrades>[2],
  failed: () => void = () => undefined,
  metadata = new Map([['AgentVersion', new Uint8Array()]])
) {
  const clock = new VirtualClock(0)
  let all: Tracked[] = []
  const events = new EventTarget()
  const node = {
    peerId: { toString: () => SELF } as Libp2pPeerId,
    peerStore: { get: () => Promise.resolve({ addresses: [], protocols: ['/meshsub/1.1.0'], metadata }) },
    getConnections: () => [],
    addEventListener: events.addEventListener.bind(events),
    removeEventListener: events.removeEventListener.bind(events)
  }
  const identify = (): void => {
    const detail = { peerId: { toString: () => PEER } }
    events.dispatchEvent(new CustomEvent('peer:identify', { detail }))
  }
  const dialler: Dialler = {
    canDial: () => Promise.resolve(open !== undefined),
    isElsewhere: () => false,
    open: (address, signal, signalled) => open?.(address.toString(), signal, signalled) ?? givenUp(signal)
  }
  const scope = { node, clock, jitter: () => 0.5, signal: new AbortController().signal, dialler } as unknown as Scope
  const upgrades = createUpgrades(scope, { of: () => all } as unknown as Connections, punching, failed)
  const connect = (...connections: Tracked[]): void => {
    all = connections
    upgrades.changed(PEER)
  }
  return { clock, connect, identify, upgrades }
}

function tracked(path: Tracked['path'], usable: boolean, address = CIRCUIT): Tracked {
  const timer = createRetryTimer(new VirtualClock(0))
  const connection = {} as Tracked['connection']
  return { connection, path, address, usable, rtt: undefined, silent: 0, suspected: false, timer }
}

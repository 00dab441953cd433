import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { webRTC, webRTCDirect } from '@libp2p/webrtc'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Reach, Witness } from '../../src/core/network/index.ts'
import {
  decodeReachAnswer,
  decodeReachAsk,
  encodeReachAnswer,
  encodeReachAsk,
  MAX_REACH_FRAME_BYTES,
  REACH_PROTOCOL,
  type ReachAsk,
  type ReachOutcome
} from '../../src/core/network/libp2p/reach-codec.ts'
import { circuitAddresses, connected, createCast, ownAddresses, until, type Actor, type Cast } from './network-cast.ts'

const LIMITS = { maxFrameBytes: 1024, maxTotalBytes: 1024, maxDuration: 20_000 }
const TRANSPORTS = [
  tcp(),
  webSockets(),
  webRTC({ rtcConfiguration: { iceServers: [] } }),
  webRTCDirect({ rtcConfiguration: { iceServers: [] } })
]
const patience = (): AbortSignal => AbortSignal.timeout(20_000)

let cast: Cast
beforeEach(() => (cast = createCast()))
afterEach(() => cast.release())

async function meet(options: Parameters<Cast['relay']>[0] = {}): Promise<{ anna: Actor; relay: Actor; reach: Reach }> {
  const relay = await cast.relay(options)
  const anna = await cast.enter({
    bootstrap: [tcpOf(relay)],
    listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws']
  })
  await connected(anna, relay)
  return { anna, relay, reach: reachOf(anna) }
}

function reachOf(actor: Actor): Reach {
  if (actor.network.reach === undefined) throw new Error('nothing tells how this network is reached')
  return actor.network.reach
}

function tcpOf(actor: Actor): string {
  const found = ownAddresses(actor).find(address => /\/tcp\/\d+\/p2p\//.test(address))
  if (found === undefined) throw new Error('no TCP address')
  return found
}

async function witnessOf(reach: Reach): Promise<Witness> {
  let found: Witness | undefined
  await until('a witness', () => {
    void reach.witnesses().then(([first]) => (found = first))
    return found
  })
  if (found === undefined) throw new Error('no witness')
  return found
}

async function answerTo(asker: Actor, relay: Actor, frame: Uint8Array): Promise<Uint8Array | undefined> {
  const stream = await asker.network.open(relay.network.self, REACH_PROTOCOL, LIMITS, patience())
  await stream.write(frame)
  const answer = await stream.read()
  await stream.end()
  return answer
}

async function outcomeOf(asker: Actor, relay: Actor, ask: ReachAsk): Promise<ReachOutcome | undefined> {
  const answer = decodeReachAnswer((await answerTo(asker, relay, encodeReachAsk(ask))) ?? new Uint8Array())
  return answer.ok ? answer.value.outcome : undefined
}

describe('a relay that is asked', () => {
  test('tells whom it sees, and the time', async () => {
    const { anna, relay, reach } = await meet()
    const witness = await witnessOf(reach)
    expect(witness).toMatchObject({ peer: relay.network.self, host: '127.0.0.1' })
    const look = await reach.look(witness, patience())
    expect(look.observed).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+/)
    expect(Math.abs(look.clockAhead)).toBeLessThan(500)
    expect(anna.network.addresses()).not.toContain(look.observed)
  })

  test('dials back where the asker is, and nobody else; the asker sees no new peer by it', async () => {
    const { anna, relay } = await meet({ transports: TRANSPORTS })
    const bo = await cast.enter({ transports: TRANSPORTS, listen: ['/ip4/127.0.0.1/udp/0/webrtc-direct'] })
    const before = anna.events.length
    for (const address of ownAddresses(anna)) {
      expect([address, await outcomeOf(anna, relay, { kind: 'dial', address })]).toEqual([address, 'done'])
    }
    const closed = await closedPort()
    const others: [string, ReachOutcome][] = [
      [`/ip4/127.0.0.1/tcp/${closed}`, 'failed'],
      ['/ip4/127.0.0.2/tcp/4001', 'refused'],
      ['/ip4/8.8.8.8/tcp/4001', 'refused'],
      ['/ip4/127.0.0.1/tcp/0', 'refused'],
      ['/dns4/localhost/tcp/4001', 'refused'],
      ['no address at all', 'refused'],
      [`${tcpOf(relay)}/p2p-circuit`, 'refused']
    ]
    for (const [address, outcome] of others) {
      expect([address, await outcomeOf(anna, relay, { kind: 'dial', address })]).toEqual([address, outcome])
    }
    const bos = ownAddresses(bo)[0] ?? ''
    expect(await outcomeOf(anna, relay, { kind: 'dial', address: bos.replace(/\/p2p\/.*/, '') })).toBe('failed')
    expect(anna.events.slice(before).filter(({ kind }) => kind === 'peer')).toEqual([])
    expect(relay.network.peers().map(({ peer }) => peer)).toEqual([anna.network.self])
  })

  test('does all that by IPv6, too', async () => {
    const relay = await cast.relay({ listen: ['/ip6/::1/tcp/0'] })
    const anna = await cast.enter({ bootstrap: [tcpOf(relay)], listen: ['/ip6/::1/tcp/0', '/ip6/::1/tcp/0/ws'] })
    await connected(anna, relay)
    const reach = reachOf(anna)
    const witness = await witnessOf(reach)
    expect(witness).toMatchObject({ host: '::1', isPublic: false })
    expect(await reach.look(witness, patience())).toMatchObject({ host: '::1' })
    expect(ownAddresses(anna)).toHaveLength(2)
    for (const address of ownAddresses(anna)) {
      expect([address, await outcomeOf(anna, relay, { kind: 'dial', address })]).toEqual([address, 'done'])
    }
    expect(await outcomeOf(anna, relay, { kind: 'dial', address: '/ip6/::2/tcp/4001' })).toBe('refused')
  })

  test('dials back by WebRTC, too', async () => {
    const relay = await cast.relay({ transports: TRANSPORTS })
    const anna = await cast.enter({
      transports: TRANSPORTS,
      bootstrap: [tcpOf(relay)],
      listen: ['/ip4/127.0.0.1/udp/0/webrtc-direct']
    })
    await connected(anna, relay)
    const address = ownAddresses(anna).find(each => each.includes('/webrtc-direct')) ?? ''
    expect(await outcomeOf(anna, relay, { kind: 'dial', address })).toBe('done')
  })

  test('sends a packet to the asker’s host, one for each ask', async () => {
    const sent: [string, number, number][] = []
    const sendPacket = async (host: string, port: number, packet: Uint8Array): Promise<void> => {
      sent.push([host, port, packet.length])
    }
    const { reach } = await meet({ sendPacket })
    const witness = await witnessOf(reach)
    expect(await reach.packet(witness, 5000, new Uint8Array(12), patience())).toBe(true)
    expect(await reach.packet(witness, 0, new Uint8Array(12), patience())).toBe(false)
    expect(sent).toEqual([['127.0.0.1', 5000, 20]])
  })

  test('stops when it is asked too often, and says so', async () => {
    const { anna, relay } = await meet()
    const address = tcpOf(anna)
    const outcomes = new Set<ReachOutcome | undefined>()
    for (let turn = 0; turn < 70; turn++) outcomes.add(await outcomeOf(anna, relay, { kind: 'dial', address }))
    expect([...outcomes]).toEqual(['done', 'busy'])
    expect(await outcomeOf(anna, relay, { kind: 'look' })).toBe('done')
  })

  test('resets a stream of garbage, and knows what it does not do', async () => {
    const { anna, relay } = await meet()
    await expect(answerTo(anna, relay, Uint8Array.of(2, 0, 9, 1))).rejects.toThrow()
    await expect(answerTo(anna, relay, new Uint8Array(MAX_REACH_FRAME_BYTES + 1))).rejects.toThrow()
    const unknown = decodeReachAnswer((await answerTo(anna, relay, Uint8Array.of(99, 1, 2))) ?? new Uint8Array())
    expect(unknown).toMatchObject({ ok: true, value: { outcome: 'unknown' } })
    expect(await outcomeOf(anna, relay, { kind: 'packet', port: 9, transaction: new Uint8Array(12) })).toBe('unknown')
    expect(await outcomeOf(anna, relay, { kind: 'look' })).toBe('done')
  })
})

describe('a stranger on this machine', () => {
  test('is seen at the port it dials from, by either of two relays', async () => {
    const { anna, relay, reach } = await meet()
    const other = await cast.relay()
    const stranger = await reach.stranger()
    try {
      const port = await closedPort()
      const looks = await Promise.all([relay, other].map(each => stranger.look(tcpOf(each), port, patience())))
      expect(looks.map(({ observed }) => observed)).toEqual(
        Array(2).fill(expect.stringContaining(`/ip4/127.0.0.1/tcp/${port}`))
      )
    } finally {
      await stranger.stop()
    }
    expect(anna.network.peers()).toHaveLength(1)
  })

  test('reaches this peer through a relay', async () => {
    const { anna, reach } = await meet()
    const circuit = await until('a place at the relay', () => circuitAddresses(anna)[0])
    const stranger = await reach.stranger()
    try {
      const before = anna.events.length
      expect(await stranger.reach(circuit, patience())).toBeGreaterThan(0)
      expect(anna.events.slice(before).filter(({ kind }) => kind === 'peer')).toEqual([])
    } finally {
      await stranger.stop()
    }
  })
})

test('a handshake proves who is there, without becoming a connection', async () => {
  const { anna, relay, reach } = await meet()
  expect(await reach.dial(tcpOf(relay), patience())).toBeGreaterThan(0)
  const someoneElse = tcpOf(relay).replace(relay.network.self, anna.network.self)
  await expect(reach.dial(someoneElse, patience())).rejects.toThrow()
  expect(relay.network.peers()).toHaveLength(1)
})

describe('asks and answers', () => {
  const asks = fc.oneof(
    fc.constant<ReachAsk>({ kind: 'look' }),
    fc.record({ kind: fc.constant('dial' as const), address: fc.string({ maxLength: 60 }) }),
    fc.record({
      kind: fc.constant('packet' as const),
      port: fc.nat(65_535),
      transaction: fc.uint8Array({ minLength: 12, maxLength: 12 })
    })
  )

  test('come out as they went in', () => {
    fc.assert(
      fc.property(asks, ask => {
        expect(decodeReachAsk(encodeReachAsk(ask))).toEqual({ ok: true, value: ask })
      })
    )
    const answer = { outcome: 'failed', time: 1_763_600_000_000, observed: '/ip4/44.0.0.2/tcp/4001' } as const
    expect(decodeReachAnswer(encodeReachAnswer(answer))).toEqual({ ok: true, value: answer })
  })

  test('are refused when they are anything else, and never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        decodeReachAsk(bytes)
        decodeReachAnswer(bytes)
      })
    )
    expect(decodeReachAnswer(Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 0)).ok).toBe(false)
  })
})

/** A port at which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

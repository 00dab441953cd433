import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeAcknowledgement,
  isAcknowledgementGenuine,
  MAX_ACKNOWLEDGED_AUTHORS,
  signAcknowledgement,
  type Acknowledgement
} from '../../src/core/chat/online/acknowledgement.ts'
import { openRoom } from '../../src/core/encryption/index.ts'
import { expectValue } from '../../src/core/bytes/index.ts'
import type { DeviceId } from '../../src/core/identity/index.ts'
import { MAX_NOTE_BYTES, sealGossip } from '../../src/core/log/index.ts'
import { hostileBytes } from '../support/hostile-bytes.ts'
import { gossipBytes, lobbyGossip, newIdentity } from '../support/mallory.ts'
import { eventsOf, Story } from '../support/story.ts'

const lobby = expectValue(openRoom('lobby')).roomId
const attic = expectValue(openRoom('attic')).roomId
const devices = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(id => Buffer.from(id).toString('hex') as DeviceId)
const spans = fc.record({ from: fc.integer({ min: 1, max: 9000 }), length: fc.nat(100) })
const held = fc
  .array(fc.tuple(devices, spans), { maxLength: 20 })
  .map(rows => new Map(rows.map(([device, { from, length }]) => [device, [{ from, to: from + length }]])))

describe('an acknowledgement', () => {
  test('says what was signed, and is genuine in its own room only', async () => {
    const identity = await newIdentity()
    await fc.assert(
      fc.asyncProperty(held, async ranges => {
        const bytes = await signAcknowledgement(identity, lobby, ranges)
        const decoded = decodeAcknowledgement(bytes)
        const said = { device: identity.certificate.device, held: ranges }
        expect(decoded).toEqual({ ok: true, value: said })
        expect(await isAcknowledgementGenuine(bytes, said, lobby)).toBe(true)
        expect(await isAcknowledgementGenuine(bytes, said, attic)).toBe(false)
      }),
      { numRuns: 30 }
    )
  })

  test('survives 20,000 hostile inputs: none that differs from what was signed is genuine', async () => {
    const identity = await newIdentity()
    const samples = fc.sample(held, { numRuns: 10, seed: 3 }).map(each => signAcknowledgement(identity, lobby, each))
    const valid = await Promise.all(samples)
    for (const bytes of hostileBytes(valid)) {
      const decoded = decodeAcknowledgement(bytes)
      if (!decoded.ok || valid.some(each => Buffer.compare(each, bytes) === 0)) continue
      expect(await isAcknowledgementGenuine(bytes, decoded.value, lobby)).toBe(false)
    }
  })

  test('of many authors with many holes stays within what is gossiped', async () => {
    const identity = await newIdentity()
    const holes = Array.from({ length: 64 }, (_, index) => ({ from: index * 2 + 1, to: index * 2 + 1 }))
    const all = fc.sample(devices, { numRuns: 100, seed: 1 }).map(device => [device, holes] as const)
    const bytes = await signAcknowledgement(identity, lobby, new Map(all))
    expect(bytes.length).toBeLessThanOrEqual(MAX_NOTE_BYTES)
    const first = new Map(all.slice(0, 7))
    expect(expectValue(decodeAcknowledgement(bytes)).held).toEqual(first)
    const many = await signAcknowledgement(identity, lobby, new Map(all.map(([device]) => [device, holes.slice(0, 1)])))
    expect(expectValue(decodeAcknowledgement(many)).held.size).toBe(MAX_ACKNOWLEDGED_AUTHORS)
  })
})

describe('acknowledgements in a room', () => {
  test('count for who signed them, whoever brings them, and only for what was written', async () => {
    const story = new Story()
    const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
    for (const { peer } of [anna, bob]) await peer.joinOpenRoom('lobby')
    await bob.peer.send('lobby', 'so that Anna knows Bob')
    await story.until('Anna has it', () => eventsOf(anna, 'message').length === 1)
    story.network.disconnect(anna.network, bob.network)
    const { id } = await anna.peer.send('lobby', 'to Bob')
    const mallory = story.network.peer('mallory')
    story.network.connect(anna.network, mallory)

    const stranger = await newIdentity()
    const author = anna.peer.me().device as DeviceId
    const bring = async (said: Acknowledgement) => {
      const forged = await signAcknowledgement(stranger, lobby, said.held)
      gossipBytes(anna, sealGossip(lobbyGossip, { kind: 'note', note: forged }), mallory)
    }
    await bring({ device: bob.peer.me().device as DeviceId, held: new Map([[author, [{ from: 1, to: 9 }]]]) })
    await story.wait(5000)
    expect(await anna.peer.messages('lobby')).toMatchObject([{}, { id, delivery: { to: 0, of: 1 } }])

    story.network.connect(anna.network, bob.network)
    await story.until('Bob has it', () => eventsOf(anna, 'delivered').some(event => event.to === 1))
    expect(eventsOf(anna, 'delivered').filter(event => event.to > 1)).toEqual([])
  })

  test('are few: a burst costs each reader ten a second, not one a message', async () => {
    const story = new Story()
    const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
    for (const { peer } of [anna, bob]) await peer.joinOpenRoom('lobby')
    await story.until('they met', () => eventsOf(bob, 'member').some(event => event.change === 'online'))
    await story.wait(2000)
    const start = story.clock.now()
    let notes = 0
    story.network.gossipArrives = from => {
      if (from === bob.network.self) notes += 1
      return true
    }
    for (let index = 0; index < 100; index += 1) {
      await anna.peer.send('lobby', `${index}`)
      await story.wait(10)
    }
    await story.until('all are delivered', () => eventsOf(anna, 'delivered').length === 100)
    expect(notes).toBeGreaterThan(0)
    expect(notes).toBeLessThanOrEqual((story.clock.now() - start) / 100 + 1)
  })
})

import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { concatBytes, encodeUtf8, expectValue, toHex } from '../../../src/core/bytes/index.ts'
import { decodeLink, encodeJoinLink, type JoinLink } from '../../../src/core/chat/invite-link.ts'
import {
  decodeJoinAnswer,
  encodeJoinAnswer,
  encodeJoinRequest,
  MAX_BODY_KEYS,
  MAX_JOIN_ANSWER_BYTES,
  MAX_JOIN_REQUEST_BYTES,
  verifyJoinRequest,
  type JoinAnswer
} from '../../../src/core/chat/joining/join-codec.ts'
import { MAX_SEALED_ANSWER_BYTES, openAnswer, sealAnswer } from '../../../src/core/chat/joining/sealed-answer.ts'
import type { EpochId } from '../../../src/core/encryption/epochs/index.ts'
import type { EntryId } from '../../../src/core/log/index.ts'
import { agreementKeyOf, signingKey, type DisplayName, type SigningKey } from '../../../src/core/identity/index.ts'
import { NOON } from '../../support/cast.ts'
import { hostileBytes } from '../../support/hostile-bytes.ts'
import { seededNumbers, seededRandom } from '../../support/seeded-random.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { fakeGroupKeys } from '../../encryption/epochs/fake-group-keys.ts'
import { AdmittingMember, someone, type Someone } from './admitting-member.ts'

const DAY = 86_400_000
const random = seededRandom(40)
const answerSecret = random(32)
const answerKey = agreementKeyOf(answerSecret)

let bob: Someone
let link: JoinLink
let request: Uint8Array
let inviteKey: SigningKey
beforeAll(async () => {
  const keys = fakeGroupKeys(seededNumbers(3))
  const anna = await AdmittingMember.found(await someone(keys, 1), new VirtualClock(NOON))
  bob = await someone(keys, 2)
  const relay = '/dns4/relay.example.org/tcp/4002/wss/p2p/12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X'
  const member = '12D3KooWH3uVF6wv47WnArKHk5p6cvgCJEb74UTmxztmQDc298L3'
  const hash = 'uEiDDq4_xNyDorZBH3TlGazyJdOWSwvo4PUo5YHFMrvDE8g'
  const addresses = [
    `/ip4/203.0.113.27/udp/41234/webrtc-direct/certhash/${hash}/p2p/${member}`,
    `/ip4/203.0.113.27/tcp/4002/ws/p2p/${member}`,
    `${relay}/p2p-circuit/webrtc/p2p/${member}`
  ]
  link = await anna.invite({ expires: NOON + 7 * DAY, addresses })
  inviteKey = await signingKey(link.seed)
  request = await asked()
})

async function asked(change: Partial<Parameters<typeof encodeJoinRequest>[0]> = {}, by = bob.identity.deviceKey) {
  const { roomId, invite, words } = link
  const { certificate } = bob
  const said = { roomId, invite, words, certificate, keyPackage: bob.keyPackage.shown, nick: 'Bob' as DisplayName }
  return encodeJoinRequest({ ...said, answerKey, ...change }, by, inviteKey)
}

describe('links that admit', () => {
  test.each([undefined, 'https://chat.example/', 'http://127.0.0.1:8080/?profile=b#/room/x'])(
    'round-trip through %j',
    web => {
      const encoded = encodeJoinLink(link, web)
      expect(encoded.startsWith(web?.replace(/#.*/, '#/join/') ?? 'starling:join/')).toBe(true)
      expect(decodeLink(` ${encoded}\n`, NOON)).toEqual({ ok: true, value: link })
    }
  )

  test('with three long addresses fit in a QR code that phones read', () => {
    const { length } = encodeJoinLink(link, 'https://chat.example.org/')
    // Of a QR code of version 25 (117 modules a side), error correction L, in bytes: ISO/IEC 18004, table 7.
    expect(length).toBeLessThan(1273)
    expect(encodeJoinLink({ ...link, addresses: [] }).length).toBeLessThan(620)
  })

  test('hold no secret of the room, and are told apart: cut off, newer, expired, none', () => {
    const encoded = encodeJoinLink(link)
    for (let length = 'starling:join/'.length; length < encoded.length; length += 1) {
      expect(decodeLink(encoded.slice(0, length), NOON)).toEqual({
        ok: false,
        error: 'this link is cut off or mistyped: copy it again, whole'
      })
    }
    expect(decodeLink('starling:join/AgAAAAAAAAAA', NOON)).toMatchObject({
      error: expect.stringContaining('newer version')
    })
    expect(decodeLink(encoded, NOON + 7 * DAY - 1).ok).toBe(true)
    expect(decodeLink(encoded, NOON + 7 * DAY)).toEqual({
      ok: false,
      error: 'this invite expired at 2026-11-28 12:00 UTC: ask for a new one'
    })
  })

  test('survive 20,000 hostile inputs', () => {
    let opened = 0
    for (const hostile of hostileBytes([encodeUtf8(encodeJoinLink(link))])) {
      if (decodeLink(new TextDecoder().decode(hostile), NOON).ok) opened += 1
    }
    // Some of the inputs differ in nothing but a letter behind which nothing follows.
    expect(opened).toBeLessThan(20_000)
  })
})

describe('requests', () => {
  test('are read as they were made', async () => {
    const { roomId, invite, words, said } = link
    const { certificate } = bob
    expect(request.length).toBeLessThan(MAX_JOIN_REQUEST_BYTES)
    expect(await verifyJoinRequest(request)).toEqual({
      ok: true,
      value: {
        roomId,
        invite,
        words,
        inviteKey: said.key,
        certificate,
        keyPackage: bob.keyPackage.shown,
        nick: 'Bob',
        answerKey
      }
    })
  })

  test('of another device, room or invite, or with another key for the answer, are refused', async () => {
    const eve = await someone(fakeGroupKeys(seededNumbers(3)), 9)
    expect(await verifyJoinRequest(await asked({}, eve.identity.deviceKey))).toEqual({
      ok: false,
      error: 'not by the device that is to come in'
    })
    expect(await verifyJoinRequest(await asked({ roomId: toHex(random(32)) as typeof link.roomId }))).toEqual({
      ok: false,
      error: 'words with a wrong signature'
    })
    const inviteOfEve = await encodeJoinRequest(
      { ...link, certificate: bob.certificate, keyPackage: new Uint8Array(), nick: 'Bob' as DisplayName, answerKey },
      bob.identity.deviceKey,
      await signingKey(random(32))
    )
    expect(await verifyJoinRequest(inviteOfEve)).toEqual({ ok: false, error: 'not by the key of the invite' })
    for (let at = 0; at < request.length; at += 1) {
      expect((await verifyJoinRequest(request.with(at, (request[at] ?? 0) ^ 1))).ok).toBe(false)
    }
  })

  test('survive 5,000 hostile inputs: none is taken', async () => {
    let taken = 0
    for (const hostile of hostileBytes([request], 5000)) {
      if (toHex(hostile) !== toHex(request) && (await verifyJoinRequest(hostile)).ok) taken += 1
    }
    expect(taken).toBe(0)
  })

  test('with a nickname that may not be shown are taken without it', async () => {
    const read = await verifyJoinRequest(await asked({ nick: 'b\u202eob' as DisplayName }))
    expect(expectValue(read).nick).toBeUndefined()
  })
})

describe('answers', () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
  const epochs = bytes(16).map(each => toHex(each) as EpochId)
  const generation = fc.record({ controlKey: bytes(32), rendezvousSecret: bytes(32), keeperTag: bytes(32) })
  const bodies = bytes(32).map(each => toHex(each) as EntryId)
  const byEpoch = <T>(value: fc.Arbitrary<T>) => fc.array(fc.tuple(epochs, value)).map(pairs => new Map(pairs))
  const reasons = ['expired', 'revoked', 'used-up', 'banned', 'closed', 'device-revoked', 'not-allowed'] as const
  const answers: fc.Arbitrary<JoinAnswer> = fc.oneof(
    fc.constantFrom(...reasons).map(reason => ({ kind: 'refused', reason }) as const),
    fc.record({
      kind: fc.constant('admitted'),
      generations: byEpoch(generation),
      contentKeys: byEpoch(bytes(32)),
      bodyKeys: fc.array(fc.tuple(bodies, bytes(32))).map(pairs => new Map(pairs))
    })
  )
  const keys = <Id>(count: number, idBytes: number) =>
    new Map(Array.from({ length: count }, () => [toHex(random(idBytes)) as Id, random(32)] as const))
  const many = (count: number) => keys<EpochId>(count, 16)
  const largest = (generationCount: number, bodyCount = 0): JoinAnswer => {
    const ofAll = () => ({ controlKey: random(32), rendezvousSecret: random(32), keeperTag: random(32) })
    const generations = new Map([...many(generationCount).keys()].map(epoch => [epoch, ofAll()]))
    const contentKeys = many(bodyCount === 0 ? 16_384 : 0)
    return { kind: 'admitted', generations, contentKeys, bodyKeys: keys<EntryId>(bodyCount, 32) }
  }

  test('round-trip, sealed and open', () => {
    fc.assert(
      fc.property(answers, answer => {
        expect(decodeJoinAnswer(encodeJoinAnswer(answer))).toEqual({ ok: true, value: answer })
        const sealed = sealAnswer(request, { answerKey }, answer, random) ?? new Uint8Array()
        expect(openAnswer(request, answerSecret, sealed)).toEqual(answer)
      })
    )
  })

  test('as large as may be fit; what must be shorter leaves out the last keys', () => {
    const answer = largest(256)
    const most = largest(4096, MAX_BODY_KEYS)
    expect(encodeJoinAnswer(most)).toHaveLength(MAX_JOIN_ANSWER_BYTES)
    for (const full of [most, largest(4096)]) {
      const sealed = sealAnswer(request, { answerKey }, full, random) ?? new Uint8Array()
      expect(sealed.length).toBeLessThanOrEqual(MAX_SEALED_ANSWER_BYTES)
      expect(openAnswer(request, answerSecret, sealed)).toEqual(full)
    }
    expect(sealAnswer(request, { answerKey }, most, random, 64 * 1024)).toBeUndefined()
    const short = sealAnswer(request, { answerKey }, answer, random, 64 * 1024) ?? new Uint8Array()
    expect(short.length).toBeLessThanOrEqual(64 * 1024)
    const read = openAnswer(request, answerSecret, short)
    if (read?.kind !== 'admitted' || answer.kind !== 'admitted') throw new Error('not admitted')
    expect(read.generations).toEqual(answer.generations)
    expect(read.contentKeys.size).toBeGreaterThan(500)
    expect([...read.contentKeys]).toEqual([...answer.contentKeys].slice(0, read.contentKeys.size))
    const both: JoinAnswer = { ...answer, bodyKeys: keys<EntryId>(10, 32) }
    const limit = encodeJoinAnswer(both).length - 1
    const cut = expectValue(decodeJoinAnswer(encodeJoinAnswer(both, limit)))
    expect(cut).toEqual({ ...both, bodyKeys: new Map([...both.bodyKeys].slice(0, 9)) })
  })

  test('open for whoever asked alone, as answers to what was asked', async () => {
    const refusal: JoinAnswer = { kind: 'refused', reason: 'expired' }
    const sealed = sealAnswer(request, { answerKey }, refusal, random) ?? new Uint8Array()
    expect(openAnswer(request, answerSecret, sealed)).toEqual(refusal)
    expect(openAnswer(request, random(32), sealed)).toBeUndefined()
    const other = await asked({ nick: 'Bobby' as DisplayName })
    expect(openAnswer(other, answerSecret, sealed)).toBeUndefined()
    // With a key of small order everybody would come to the same.
    expect(sealAnswer(request, { answerKey: new Uint8Array(32) }, refusal, random)).toBeUndefined()
    // A refusal has the length of an admission to a small room.
    const generations = new Map([
      [toHex(random(16)) as EpochId, { controlKey: random(32), rendezvousSecret: random(32), keeperTag: random(32) }]
    ])
    const admitted = sealAnswer(
      request,
      { answerKey },
      { kind: 'admitted', generations, contentKeys: many(10), bodyKeys: new Map() },
      random
    )
    expect(admitted).toHaveLength(sealed.length)
  })

  test('survive 20,000 hostile inputs', () => {
    const samples = fc.sample(answers, { numRuns: 20, seed: 3 }).map(answer => encodeJoinAnswer(answer))
    const outcomes = new Set<boolean>()
    for (const hostile of hostileBytes(samples)) {
      const decoded = decodeJoinAnswer(hostile)
      outcomes.add(decoded.ok)
      if (decoded.ok) expect(encodeJoinAnswer(decoded.value)).toEqual(hostile)
    }
    expect(outcomes).toEqual(new Set([true, false]))
    const sealed = sealAnswer(request, { answerKey }, { kind: 'refused', reason: 'closed' }, random) ?? new Uint8Array()
    for (const hostile of hostileBytes([sealed], 1000)) {
      if (toHex(hostile) !== toHex(sealed)) expect(openAnswer(request, answerSecret, hostile)).toBeUndefined()
    }
    expect(decodeJoinAnswer(concatBytes([encodeJoinAnswer(largest(256)), Uint8Array.of(0)])).ok).toBe(false)
  })
})

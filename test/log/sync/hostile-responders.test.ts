import { expect, test } from 'vitest'
import { encodeUtf8, sha256 } from '../../../src/core/bytes/index.ts'
import { encodeMessage, HIGHEST, type EntryId, type SyncRange } from '../../../src/core/log/index.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { itemOf, MemorySet } from './memory-set.ts'
import { Side } from './reconcile.ts'

const MAX_ROUNDS = 32
const MAX_BYTES = 4 * 1024 * 1024
const random = seededRandom(7)

type Answer = (message: Uint8Array, round: number) => Uint8Array

const hostile: [name: string, answer: Answer, reason: string][] = [
  ['answers with nothing', () => new Uint8Array(), 'malformed'],
  ['answers with noise', () => random(2000), 'malformed'],
  ['speaks a later version', () => Uint8Array.of(0x62), 'version'],
  ['claims more ids than it sends', () => Uint8Array.of(0x61, 0, 0, 2, 0x87, 0x68, ...random(64)), 'malformed'],
  ['sends ids of 20 bytes', () => Uint8Array.of(0x61, 0, 0, 2, 1, ...random(20)), 'malformed'],
  ['sends bounds out of order', () => Uint8Array.of(0x61, 9, 1, 9, 0, 1, 1, 8, 0), 'malformed'],
  ['sends endless ranges', () => Uint8Array.from([0x61, ...threes(20_000)]), 'malformed'],
  [
    'sends more than a message may hold',
    () => Uint8Array.from([0x61, 0, 0, 2, 0x90, 0, ...random(65_600)]),
    'malformed'
  ],
  ['sends back what it was asked', message => message, 'no progress'],
  ['always finds all different', () => all(), 'no progress'],
  ['finds one range different that is wider than a part', (_, round) => narrowing(round), 'no progress'],
  ['finds another part different each time', (_, round) => parts(round), 'limit'],
  ['lists ids that nobody has, and says that there is more', (_, round) => endlessIds(round), 'limit']
]

test.each(hostile)('a responder that %s is cut off', async (_, answer, reason) => {
  const initiator = new Side(items(), { role: 'initiator' })
  let message = await initiator.start()
  for (let round = 1; message !== undefined; round += 1) message = await initiator.receive(answer(message, round))
  expect(initiator.ended).toMatchObject({ kind: 'brokenOff', reason })
  expect(initiator.state.rounds).toBeLessThanOrEqual(MAX_ROUNDS)
  expect(initiator.state.bytes).toBeLessThanOrEqual(MAX_BYTES)
})

test('an initiator that never ends is cut off', async () => {
  const responder = new Side(items(), { role: 'responder' })
  let answers = 0
  while (responder.ended === undefined) if (await responder.receive(all())) answers += 1
  expect(responder.ended).toMatchObject({ kind: 'brokenOff', reason: 'limit' })
  expect(answers).toBe(MAX_ROUNDS)
})

test('a range below the bound of the session is refused', async () => {
  const responder = new Side(items(), { role: 'responder', from: { ms: 1000, prefix: '' } })
  await responder.receive(encodeMessage([{ kind: 'ids', upper: { ms: 999, prefix: '' }, ids: [] }]))
  expect(responder.ended).toMatchObject({ kind: 'brokenOff', reason: 'malformed' })
})

test('a reconciliation that takes more than a minute is broken off', async () => {
  const responder = new Side(items(), { role: 'responder' })
  responder.now = 60_001
  await responder.receive(all())
  expect(responder.ended).toMatchObject({ kind: 'brokenOff', reason: 'limit' })
})

test('a responder answers another version with the byte of its own', async () => {
  const responder = new Side(items(), { role: 'responder' })
  expect(await responder.receive(Uint8Array.of(0x62, 1, 2, 3))).toEqual(Uint8Array.of(0x61))
})

test('a full answer never names a fingerprint of nothing for a rest in which the other side has nothing', async () => {
  const empty = sha256(new Uint8Array(33)).slice(0, 16)
  const nothing: SyncRange = { kind: 'fingerprint', upper: HIGHEST, fingerprint: empty }
  // The more ids the answer lists, the less room is left for the parts of the rest.
  for (let listed = 100; listed < 130; listed += 1) {
    const responder = new Side(items(), { role: 'responder', frameBytes: 4096 })
    const listing: SyncRange = { kind: 'ids', upper: { ms: listed, prefix: '' }, ids: [] }
    const answer = await responder.receive(encodeMessage([listing, nothing]))
    expect(answer?.slice(-16)).not.toEqual(empty)
  }
})

/** One in each of the first 3,000 milliseconds. */
function items(): MemorySet {
  return new MemorySet(Array.from({ length: 3000 }, (_, n) => itemOf(n, sha256(encodeUtf8(`item ${n}`)))))
}

function all(): Uint8Array {
  return encodeMessage([{ kind: 'fingerprint', upper: HIGHEST, fingerprint: random(16) }])
}

/** Each time another part further up, and all that is left. */
function parts(round: number): Uint8Array {
  const lower = 40 * (round - 1)
  return encodeMessage([
    { kind: 'skip', upper: { ms: lower + 5, prefix: '' } },
    { kind: 'fingerprint', upper: { ms: lower + 40, prefix: '' }, fingerprint: random(16) },
    ...rest()
  ])
}

function endlessIds(round: number): Uint8Array {
  return encodeMessage([
    { kind: 'skip', upper: { ms: round, prefix: '' } },
    { kind: 'ids', upper: { ms: round + 1, prefix: '' }, ids: [made(), made()] },
    ...rest()
  ])
}

function narrowing(round: number): Uint8Array {
  const upper = { ms: 180 - round, prefix: '' }
  return encodeMessage([{ kind: 'fingerprint', upper, fingerprint: random(16) }])
}

function rest(): SyncRange[] {
  return [{ kind: 'fingerprint', upper: HIGHEST, fingerprint: random(16) }]
}

function made(): EntryId {
  return itemOf(0, random(32)).id
}

function threes(count: number): number[] {
  return Array.from({ length: count }, () => [1, 0, 0]).flat()
}

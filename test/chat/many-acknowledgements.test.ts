import { expect, test } from 'vitest'
import { expectValue, systemRandom } from '../../src/core/bytes/index.ts'
import { Listeners } from '../../src/core/chat/listeners.ts'
import { signAcknowledgement } from '../../src/core/chat/online/acknowledgement.ts'
import { Acknowledgements } from '../../src/core/chat/online/acknowledgements.ts'
import { Presence } from '../../src/core/chat/online/presence.ts'
import { OwnMessages } from '../../src/core/chat/own-messages.ts'
import type { PeerEvent } from '../../src/core/chat/index.ts'
import { Room } from '../../src/core/chat/room/room.ts'
import type { SequenceRanges } from '../../src/core/chat/room/sequence-ranges.ts'
import { openRoom } from '../../src/core/encryption/index.ts'
import type { DisplayName, Identity, MemberId } from '../../src/core/identity/index.ts'
import { identityOf, NOON } from '../support/cast.ts'
import { memoryStorage } from '../support/memory-storage.ts'

const keys = expectValue(openRoom('lobby'))
const clock = { now: () => NOON, after: () => () => undefined }

interface Scene {
  readonly room: Room
  readonly anna: Identity
  readonly others: Identity[]
}

/** Anna's room, in which she has said so much, and to which so many others belong. */
async function lobby(messages: number, members: number): Promise<Scene> {
  const anna = await identityOf(1)
  const nick = (): DisplayName => 'Anna' as DisplayName
  const store = memoryStorage().room(keys.roomId)
  const room = await Room.load({ keys, store, identity: anna, nick, clock, random: systemRandom })
  const others: Identity[] = []
  for (let seed = 0; seed < members; seed += 1) {
    const other = await identityOf(100 + seed)
    await room.introduce({ certificate: other.certificate.bytes, nick: undefined }, 0)
    others.push(other)
  }
  for (let message = 0; message < messages; message += 1) await room.write(`message ${message}`)
  return { room, anna, others }
}

test('acknowledgements that come while one is being stored are stored together', async () => {
  const { room, anna, others } = await lobby(1, 40)
  const stored: ReadonlyMap<MemberId, SequenceRanges>[] = []
  const { promise: firstIsStored, resolve: endFirst } = Promise.withResolvers<void>()
  const acknowledgements = new Acknowledgements({
    clock,
    room,
    identity: anna,
    presence: new Presence(),
    role: () => 'member',
    publish: async () => undefined,
    tell: async () => undefined,
    kept: () => undefined,
    async acknowledged(heard) {
      stored.push(heard)
      if (stored.length === 1) await firstIsStored
    }
  })
  const held = new Map([[anna.certificate.device, [{ from: 1, to: 1 }]]])
  let taken = 0
  const all = others.map(async other => {
    await acknowledgements.take(await signAcknowledgement(other, keys.roomId, held))
    taken += 1
    // All but the one that is being stored.
    if (taken === others.length - 1) endFirst()
  })
  await Promise.all(all)
  expect(stored).toHaveLength(2)
  const members = stored.flatMap(heard => [...heard.keys()])
  expect(new Set(members)).toEqual(new Set(others.map(({ certificate }) => certificate.member)))
})

test('who says again and again what is known has nobody’s deliveries counted anew, however many are watched', async () => {
  const { room, anna, others } = await lobby(50, 3)
  const delivered: PeerEvent[] = []
  const events = new Listeners<PeerEvent>()
  events.listen(event => delivered.push(event))
  let counted = 0
  const counting = { ...clock, now: () => (counted += 1) && NOON }
  const own = new OwnMessages({ room, clock: counting, events, self: anna.certificate.member })
  for (const message of await room.shown.newest(50)) own.track(message)
  const [first, second] = others.map(({ certificate }) => certificate.member) as [MemberId, MemberId]
  await own.acknowledged(new Map([[first, [{ from: 1, to: 50 }]]]))
  expect(delivered).toHaveLength(50)
  counted = 0
  for (let again = 0; again < 100; again += 1) await own.acknowledged(new Map([[first, [{ from: 1, to: 50 }]]]))
  expect([delivered.length, counted]).toEqual([50, 0])
  await own.acknowledged(new Map([[second, [{ from: 2, to: 50 }]]]))
  expect(counted).toBe(1)
  expect(delivered).toHaveLength(99)
  expect(delivered.at(-1)).toMatchObject({ to: 2, of: 2 })
})

import { expect, test } from 'vitest'
import { judgeEntry } from '../../src/core/chat/room/judge-entry.ts'
import { bodyKeyIn, openRoom, sealEntry, type RoomKeys } from '../../src/core/encryption/index.ts'
import { signingKey } from '../../src/core/identity/index.ts'
import { expectValue } from '../../src/core/bytes/index.ts'
import { NOON } from '../support/cast.ts'
import { seededRandom } from '../support/seeded-random.ts'

const random = seededRandom(71)
const room = expectValue(openRoom('loft'))
const epoch = room.epochs.current()
const contentKey = room.epochs.contentKey('chat', epoch) ?? new Uint8Array()

/** The room to whoever knows of its entries only what was handed over. */
function knowing(key: Uint8Array | undefined): RoomKeys {
  return { ...room, epochs: { ...room.epochs, contentKey: () => undefined, handedBodyKey: () => key } }
}

async function said(sequence: number) {
  const clock = { ms: NOON + sequence, counter: 0 }
  const start = { class: 'chat', epoch, clock, extensions: [], salt: random(16) } as const
  const body = { sequence: 1, previous: undefined, parents: [], kind: 1, content: new Uint8Array() }
  return sealEntry({ roomId: room.roomId, contentKey }, await signingKey(random(32)), start, body)
}

test('the key of one body opens that alone; a wrong one says nothing against the entry', async () => {
  const [one, other] = [await said(1), await said(2)]
  const key = bodyKeyIn(room.epochs, one)
  expect(await judgeEntry(knowing(key), one)).toMatchObject({ entry: one })
  expect(await judgeEntry(knowing(key), other)).toBe('unknown-epoch')
  expect(await judgeEntry(knowing(undefined), one)).toBe('unknown-epoch')
  expect(await judgeEntry({ ...room, epochs: { ...room.epochs, contentKey: () => random(32) } }, one)).toBe('void')
})

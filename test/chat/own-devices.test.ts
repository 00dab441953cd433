import { expect, test } from 'vitest'
import { expectValue, systemRandom } from '../../src/core/bytes/index.ts'
import { Room } from '../../src/core/chat/room/room.ts'
import { openRoom } from '../../src/core/encryption/index.ts'
import { openIdentity, type DisplayName } from '../../src/core/identity/index.ts'
import { identityOf, NOON } from '../support/cast.ts'
import { writeEntry } from '../support/mallory.ts'
import { memoryStorage } from '../support/memory-storage.ts'

const keys = expectValue(openRoom('lobby'))

test('what a user said at another device of theirs is not unread', async () => {
  const rootSeed = systemRandom(32)
  const [laptop, phone] = await Promise.all(
    [0, 1].map(() => openIdentity({ rootSeed, deviceSeed: systemRandom(32), certifiedAt: NOON }))
  )
  if (laptop === undefined || phone === undefined) throw new Error('two devices')
  const clock = { now: () => NOON + 60_000, after: () => () => undefined }
  const nick = (): DisplayName => 'Anna' as DisplayName
  const store = memoryStorage().room(keys.roomId)
  const room = await Room.load({ keys, store, identity: laptop, nick, clock, random: systemRandom })
  await room.accept([await writeEntry(phone, 'from the phone'), await writeEntry(await identityOf(2), 'from Bob')])
  expect(await room.shown.newest(9)).toHaveLength(2)
  expect(await room.shown.countUnread()).toBe(1)
})

import { expect, test } from 'vitest'
import { expectValue } from '../../../src/core/bytes/index.ts'
import { encodeDeviceRequest, verifyDeviceRequest } from '../../../src/core/chat/joining/device-request.ts'
import { prepareDevice } from '../../../src/core/chat/joining/join-attempt.ts'
import { MAX_JOIN_REQUEST_BYTES, verifyJoinRequest } from '../../../src/core/chat/joining/join-codec.ts'
import type { EpochId } from '../../../src/core/encryption/epochs/index.ts'
import type { RoomId } from '../../../src/core/encryption/index.ts'
import type { DisplayName } from '../../../src/core/identity/index.ts'
import { identityOf } from '../../support/cast.ts'
import { hostileBytes } from '../../support/hostile-bytes.ts'
import { seededRandom } from '../../support/seeded-random.ts'

const random = seededRandom(5)
const bob = await identityOf(2)
const said = {
  roomId: 'ab'.repeat(32) as RoomId,
  certificate: bob.certificate,
  keyPackage: random(300),
  nick: 'Bob' as DisplayName,
  answerKey: random(32)
}
const request = await encodeDeviceRequest(said, bob.deviceKey)

test('a device’s request is read as it was made, and is none by an invite', async () => {
  expect(expectValue(await verifyDeviceRequest(request))).toEqual(said)
  expect(request.length).toBeLessThan(MAX_JOIN_REQUEST_BYTES)
  expect((await verifyJoinRequest(request)).ok).toBe(false)
})

test('one that another device signed, or of which a byte is another, is refused', async () => {
  const eve = await identityOf(9)
  expect(await verifyDeviceRequest(await encodeDeviceRequest(said, eve.deviceKey))).toEqual({
    ok: false,
    error: 'not by the device that is to come in'
  })
  for (let at = 0; at < request.length; at += 7) {
    const other = request.with(at, (request[at] ?? 0) ^ 1)
    expect([at, (await verifyDeviceRequest(other)).ok]).toEqual([at, false])
  }
})

test('hostile bytes are refused, and never thrown at', async () => {
  let read = 0
  for (const hostile of hostileBytes([request], 2000)) if ((await verifyDeviceRequest(hostile)).ok) read += 1
  expect(read).toBe(0)
})

test('an answer counts from whoever knows how the room meets, and from nobody else', async () => {
  const known = random(32)
  const hint = { id: said.roomId, meetings: [random(32), known], addresses: [] }
  const { isGenuine } = await prepareDevice(
    hint,
    { identity: bob, keyPackage: said.keyPackage, nick: said.nick },
    random
  )
  const answer = (rendezvousSecret: Uint8Array) => {
    const generation = { controlKey: random(32), rendezvousSecret, keeperTag: random(32) }
    const generations = new Map([['cd'.repeat(16) as EpochId, generation]])
    return { kind: 'admitted', generations, contentKeys: new Map<EpochId, Uint8Array>(), bodyKeys: new Map() } as const
  }
  expect(isGenuine(answer(known))).toBe(true)
  expect(isGenuine(answer(random(32)))).toBe(false)
})

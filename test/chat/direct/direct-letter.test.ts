import { expect, test } from 'vitest'
import { systemRandom } from '../../../src/core/bytes/index.ts'
import {
  directTag,
  MAX_SEALED_DIRECT_BYTES,
  openDirectLetter,
  sealDirectLetter
} from '../../../src/core/chat/direct/direct-letter.ts'
import type { RoomId } from '../../../src/core/encryption/index.ts'
import type { DeviceId } from '../../../src/core/identity/index.ts'
import { identityOf } from '../../support/cast.ts'
import { hostileBytes } from '../../support/hostile-bytes.ts'

const LINK = 'starling:join/AAAA'
const ROOM = 'ab'.repeat(32) as RoomId
const [anna, bob, eve] = await Promise.all([identityOf(1), identityOf(2), identityOf(3)])

test('a letter opens for the device it is for, and for no other, and says who wrote it', async () => {
  const letter = await sealDirectLetter(anna, bob.certificate.device, { link: LINK, instead: ROOM }, systemRandom)
  const opened = await openDirectLetter(bob, letter ?? new Uint8Array())
  expect(opened).toMatchObject({ link: LINK, instead: ROOM })
  expect(opened?.from.member).toBe(anna.certificate.member)
  for (const other of [anna, eve]) expect(await openDirectLetter(other, letter ?? new Uint8Array())).toBeUndefined()
})

test('the longest link fits, and one by another’s certificate, or passed on to another, does not count', async () => {
  const said = { link: LINK, instead: undefined }
  const longest = await sealDirectLetter(
    anna,
    bob.certificate.device,
    { link: 'x'.repeat(6144), instead: ROOM },
    systemRandom
  )
  expect(longest?.length).toBeLessThanOrEqual(MAX_SEALED_DIRECT_BYTES)
  expect(await openDirectLetter(bob, longest ?? new Uint8Array())).toBeDefined()
  const forged = { ...eve, certificate: anna.certificate }
  const letter = await sealDirectLetter(forged, bob.certificate.device, said, systemRandom)
  expect(await openDirectLetter(bob, letter ?? new Uint8Array())).toBeUndefined()
  expect(await sealDirectLetter(anna, '02'.repeat(32) as DeviceId, said, systemRandom)).toBeUndefined()
})

test('hostile bytes are no letter, and never thrown at', async () => {
  const said = { link: LINK, instead: undefined }
  const letter = (await sealDirectLetter(anna, bob.certificate.device, said, systemRandom)) ?? new Uint8Array()
  expect(await openDirectLetter(bob, letter)).toMatchObject(said)
  for (const bytes of hostileBytes([letter], 1000)) expect(await openDirectLetter(bob, bytes)).toBeUndefined()
})

test('the two come to one mailbox for each way, and nobody else does', () => {
  const there = directTag(anna, bob.certificate.device, 'to')
  expect(directTag(bob, anna.certificate.device, 'from')).toEqual(there)
  expect(directTag(bob, anna.certificate.device, 'to')).not.toEqual(there)
  expect(directTag(eve, bob.certificate.device, 'to')).not.toEqual(there)
  expect(directTag(eve, anna.certificate.device, 'from')).not.toEqual(there)
})

import { expect, test } from 'vitest'
import {
  ByteWriter,
  encodeUtf8,
  expectValue,
  fromHex,
  systemRandom,
  toBase64Url,
  toHex
} from '../../src/core/bytes/index.ts'
import {
  createPassphraseKey,
  encodeIdentityExport,
  openIdentityExport,
  parseNewPassphrase,
  wrapSecret,
  type MemberId,
  type PortableRoom
} from '../../src/core/identity/index.ts'

const passphrase = expectValue(parseNewPassphrase('correct horse battery staple'))
const rootSeed = systemRandom(32)

function roomCalled(name: string, direct?: MemberId): PortableRoom {
  const meetings = Array.from({ length: 4 }, () => systemRandom(32))
  const addresses = Array.from({ length: 6 }, () => `/ip4/192.0.2.1/tcp/4002/ws/p2p/${'x'.repeat(52)}`)
  return { id: toHex(systemRandom(32)), name, meetings, addresses, ...(direct !== undefined && { direct }) }
}

test('an export holds the first rooms that it has space for, and names all others', async () => {
  const rooms = [
    roomCalled('Bob', toHex(systemRandom(32)) as MemberId),
    ...Array.from({ length: 99 }, (_, at) => roomCalled(`room ${at}`))
  ]
  const { text, leftOut } = await encodeIdentityExport({ rootSeed, nick: undefined, rooms }, passphrase, systemRandom)
  const opened = expectValue(await openIdentityExport(text, passphrase))
  if (opened === 'wrong passphrase') throw new Error(opened)
  expect(opened.rooms.length).toBeGreaterThan(30)
  expect(opened.rooms).toEqual(rooms.slice(0, opened.rooms.length))
  expect(leftOut).toEqual(rooms.slice(opened.rooms.length).map(({ name }) => name))
})

test('an export of the version before is read', async () => {
  const { id, name, meetings, addresses } = roomCalled('Loft')
  const writer = new ByteWriter().u8(2).bytes(rootSeed).shortBytes(encodeUtf8('Anna'))
  for (let rooms = 0; rooms < 2; rooms += 1) {
    writer.bytes(expectValue(fromHex(id))).shortBytes(encodeUtf8(name))
    writer.u8(meetings.length)
    for (const meeting of meetings) writer.bytes(meeting)
    writer.u8(addresses.length)
    for (const address of addresses) writer.shortBytes(encodeUtf8(address))
  }
  const key = await createPassphraseKey(passphrase, systemRandom)
  const text = `starling identity 1\n${toBase64Url(wrapSecret(key, 'export', writer.finish(), systemRandom))}\n`
  const room = { id, name, meetings, addresses }
  expect(await openIdentityExport(text, passphrase)).toMatchObject({ ok: true, value: { rooms: [room, room] } })
})

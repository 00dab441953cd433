import { createDecipheriv, createHash, createPublicKey, hkdfSync, createHmac, verify } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { base16 } from 'multiformats/bases/base16'
import { CID } from 'multiformats/cid'
import { beforeAll, describe, expect, test } from 'vitest'
import { computeVectors, VECTORS_FILE } from './compute-vectors.ts'

type Vectors = Awaited<ReturnType<typeof computeVectors>>

let vectors: Vectors
beforeAll(async () => {
  vectors = JSON.parse(await readFile(VECTORS_FILE, 'utf8')) as Vectors
})

test('what this version writes is what was committed', async () => {
  expect(await computeVectors()).toEqual(vectors)
})

/** A second reader: written from docs/wire-protocol.md on Node's own cryptography, with nothing of src/ in it. */
describe('a second reader finds', () => {
  const hex = (text: string): Buffer => Buffer.from(text, 'hex')
  const u32 = (value: number): Buffer => Buffer.from([value >>> 24, value >>> 16, value >>> 8, value])
  const hkdf = (secret: Uint8Array, info: string, length = 32, salt: Uint8Array = Buffer.alloc(0)): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, salt, info, length))
  const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

  function openChaCha(key: Buffer, nonce: Buffer, sealed: Buffer, data: Buffer): Buffer {
    const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 })
    decipher.setAAD(data, { plaintextLength: sealed.length - 16 })
    decipher.setAuthTag(sealed.subarray(-16))
    return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
  }

  function isSigned(publicKey: Buffer, tag: string, message: Buffer, signature: Buffer): boolean {
    const key = createPublicKey({
      key: Buffer.concat([hex('302a300506032b6570032100'), publicKey]),
      format: 'der',
      type: 'spki'
    })
    return verify(null, Buffer.concat([Buffer.from(`starling/${tag}/1\0`), message]), key, signature)
  }

  test("the room's keys from its name", () => {
    const { room } = vectors
    const secret = hkdf(Buffer.from('starlings'), 'starling/open-room/1')
    expect(hkdf(secret, 'room-id').toString('hex')).toBe(room.id)
    expect(hkdf(secret, 'epoch', 16).toString('hex')).toBe(room.epoch)
    expect(hkdf(secret, 'content').toString('hex')).toBe(room.contentKey)
    expect(hkdf(secret, 'rendezvous').toString('hex')).toBe(room.rendezvousSecret)
  })

  test("the day's names and keys", () => {
    const { room, day } = vectors
    const daily = (use: string): string => hkdf(hex(room.rendezvousSecret), use, 32, u32(day.number)).toString('hex')
    expect(daily('meeting-key')).toBe(day.meetingKey)
    expect(CID.parse(day.meetingPlace).toString(base16)).toBe(`f01551220${sha256(hex(day.meetingKey))}`)
    expect(daily('gossip-seal')).toBe(day.gossipSealKey)
    expect(daily('gossip-nonce')).toBe(day.gossipNonceKey)
    expect(daily('exchange-tag').slice(0, 32)).toBe(day.exchangeTag)
    expect(daily('exchange-seal')).toBe(day.exchangeSealKey)
    expect(day.number).toBe(Math.floor(vectors.entry.clock.ms / 86_400_000))
  })

  test('the certificate signed by the device and the root', () => {
    const { identity } = vectors
    const certificate = hex(identity.certificate)
    expect(certificate.subarray(1, 33).toString('hex')).toBe(identity.member)
    expect(certificate.subarray(33, 65).toString('hex')).toBe(identity.device)
    expect(isSigned(hex(identity.device), 'member', certificate.subarray(0, 71), certificate.subarray(71, 135))).toBe(
      true
    )
    expect(isSigned(hex(identity.member), 'device', certificate.subarray(0, 135), certificate.subarray(135))).toBe(true)
  })

  test('the entry, field by field', () => {
    const { entry, room, identity } = vectors
    const encoded = hex(entry.encoded)
    const header = encoded.subarray(0, 80)
    expect(header.toString('hex')).toBe(entry.header)
    expect([header[0], header[1]]).toEqual([1, 2])
    expect(header.subarray(2, 18).toString('hex')).toBe(room.epoch)
    expect([header.readUIntBE(18, 6), header.readUInt16BE(24)]).toEqual([entry.clock.ms, entry.clock.counter])
    expect(header.readUInt16BE(26)).toBe(0)
    expect(header.subarray(28, 44).toString('hex')).toBe(entry.salt)
    const body = encoded.subarray(80)
    expect(header.subarray(44, 76).toString('hex')).toBe(sha256(body))
    expect(header.readUInt32BE(76)).toBe(body.length)
    expect(sha256(header)).toBe(entry.id)

    const start = header.subarray(0, 44)
    const key = hkdf(hex(room.contentKey), 'starling/body/1', 32, hex(entry.salt))
    const opened = openChaCha(key, Buffer.alloc(12), body, start)
    expect(opened.subarray(0, 32).toString('hex')).toBe(identity.device)
    expect(Number(opened.readBigUInt64BE(32))).toBe(entry.sequence)
    expect(opened.subarray(40, 72).toString('hex')).toBe(entry.previous)
    expect(opened[72]).toBe(2)
    expect([opened.subarray(73, 105), opened.subarray(105, 137)].map(id => id.toString('hex'))).toEqual(entry.parents)
    expect(opened[137]).toBe(1)
    const contentEnd = 142 + opened.readUInt32BE(138)
    const content = opened.subarray(142, contentEnd)
    expect(content.toString('hex')).toBe(entry.content)
    expect(content[0]).toBe(1)
    expect(content.subarray(5, 5 + content.readUInt32BE(1)).toString()).toBe(entry.text)
    expect(opened[contentEnd]).toBe(0)
    const words = opened.subarray(0, contentEnd + 1)
    const signature = opened.subarray(contentEnd + 1, contentEnd + 65)
    expect(isSigned(hex(identity.device), 'entry', Buffer.concat([hex(room.id), start, words]), signature)).toBe(true)
    expect(opened.subarray(contentEnd + 65).every(byte => byte === 0)).toBe(true)
    expect(body.length).toBe(512)
    expect(entry.orderKey).toBe(header.subarray(18, 26).toString('hex') + entry.id)
  })

  test('the salt, which commits to device, sequence and kind', () => {
    const { entry, identity } = vectors
    const sequence = Buffer.alloc(8)
    sequence.writeBigUInt64BE(BigInt(entry.sequence))
    const opening = hex(entry.opening)
    const words = Buffer.concat([
      Buffer.from('starling/salt/2\0'),
      hex(identity.device),
      sequence,
      Buffer.of(1),
      opening
    ])
    expect(sha256(words).slice(0, 32)).toBe(entry.salt)
    expect(hex(entry.content).subarray(-21)).toEqual(Buffer.concat([Buffer.from([130, 0, 0, 0, 16]), opening]))
  })

  test('an edit, and a deletion that shows whose the entry was', () => {
    const { entry, identity, edit, deletion } = vectors
    const text = Buffer.from(edit.text)
    const said = Buffer.concat([Buffer.from([1, 0, 0, 0, text.length]), text])
    expect(hex(edit.content)).toEqual(Buffer.concat([said, Buffer.from([2, 0, 0, 0, 32]), hex(entry.id)]))
    const erased = hex(deletion.content)
    expect([...erased.subarray(0, 6)]).toEqual([3, 0, 0, 0, 90, 1])
    expect(erased.subarray(6, 38).toString('hex')).toBe(entry.id)
    expect(erased.subarray(38, 70).toString('hex')).toBe(identity.device)
    expect(Number(erased.readBigUInt64BE(70))).toBe(entry.sequence)
    expect(erased[78]).toBe(1)
    expect(erased.subarray(79).toString('hex')).toBe(entry.opening)
  })

  test("the gossip frame's nonce from the entry's id", () => {
    const { entry, day } = vectors
    const nonce = createHmac('sha256', hex(day.gossipNonceKey)).update(hex(entry.id)).digest().subarray(0, 24)
    const frame = hex(entry.gossip)
    expect(frame.subarray(0, 24)).toEqual(nonce)
    expect(frame.length).toBe(24 + hex(entry.encoded).length + 16)
  })

  test('the acknowledgement, and the nonce of its gossip from its hash', () => {
    const { acknowledgement, identity, room, day } = vectors
    const bytes = hex(acknowledgement.signed)
    expect(bytes[0]).toBe(1)
    expect(bytes.subarray(1, 33).toString('hex')).toBe(identity.device)
    expect(bytes.readUInt16BE(33)).toBe(1)
    const [said] = acknowledgement.held
    expect(bytes.subarray(35, 67).toString('hex')).toBe(said?.author)
    expect(bytes[67]).toBe(said?.ranges.length)
    const ends = [68, 76, 84, 92].map(offset => Number(bytes.readBigUInt64BE(offset)))
    expect(ends).toEqual(said?.ranges.flatMap(({ from, to }) => [from, to]))
    const signed = Buffer.concat([hex(room.id), bytes.subarray(0, 100)])
    expect(isSigned(hex(identity.device), 'acknowledgement', signed, bytes.subarray(100))).toBe(true)
    const hash = hex(sha256(bytes))
    const nonce = createHmac('sha256', hex(day.gossipNonceKey)).update(hash).digest().subarray(0, 24)
    expect(hex(acknowledgement.gossip).subarray(0, 24)).toEqual(nonce)
    expect(hex(acknowledgement.gossip).length).toBe(24 + 1 + bytes.length + 16)
  })

  test("hellos under the day's tag, each signed with its role", () => {
    const { exchange, day, room, identity, entry } = vectors
    expect(exchange.hellos.map(hello => hello.role)).toEqual(['member', 'keeper', 'full-keeper'])
    for (const [index, { hello, frame }] of exchange.hellos.entries()) {
      expect(frame.startsWith(day.exchangeTag)).toBe(true)
      const message = hex(hello)
      expect(hex(frame).length).toBe(16 + 24 + message.length + 16)
      expect([message[0], message[1]]).toEqual([1, index + 1])
      expect(message.readUIntBE(2, 6)).toBe(exchange.time)
      expect(message.subarray(8, 207).toString('hex')).toBe(identity.certificate)
      const nickEnd = 209 + message.readUInt16BE(207)
      expect(message.subarray(209, nickEnd).toString()).toBe(entry.nick)
      const direction = Buffer.from(`${exchange.from}\n${exchange.to}`)
      const signed = Buffer.concat([hex(room.id), hex(day.exchangeTag), message.subarray(1, 2), direction])
      expect(isSigned(hex(identity.device), 'hello', signed, message.subarray(nickEnd))).toBe(true)
    }
  })

  test('the ask to keep a room, and its answers', () => {
    const { keep, room } = vectors
    const ask = hex(keep.ask)
    expect([ask[0], ask.readUInt16BE(1)]).toEqual([1, ask.length - 3])
    expect(ask.subarray(3).toString()).toBe(room.name)
    expect(hex(keep.askByTag).length).toBe(33)
    expect(keep.askByTag.startsWith('02')).toBe(true)
    expect([keep.kept, keep.full]).toEqual(['01', '02'])
  })

  test('the link, with its check', () => {
    const bytes = Buffer.from(vectors.link.text.replace('starling:open/', ''), 'base64url')
    const [body, check] = [bytes.subarray(0, -4), bytes.subarray(-4)]
    expect(sha256(body).startsWith(check.toString('hex'))).toBe(true)
    expect(body[0]).toBe(1)
    const nameEnd = 3 + body.readUInt16BE(1)
    expect(body.subarray(3, nameEnd).toString()).toBe(vectors.room.name)
    expect(body[nameEnd]).toBe(1)
    expect(body.subarray(nameEnd + 3).toString()).toBe(vectors.link.addresses[0])
  })
})

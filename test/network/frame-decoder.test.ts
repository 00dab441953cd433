import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeFrames, FrameDecoder, FrameError } from '../../src/core/network/libp2p/frame-decoder.ts'

const LIMITS = { maxFrameBytes: 400, maxTotalBytes: 4_000 }
const frame = fc.uint8Array({ maxLength: LIMITS.maxFrameBytes })

/** Cuts bytes into pieces of the given sizes, over and over. */
function pieces(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const parts: Uint8Array[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    parts.push(bytes.subarray(at, at + size))
    at += size
  }
  return parts
}

test('Frames come out as they went in, however the network cuts them', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 })
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), sizes, (frames, cuts) => {
      const decoder = new FrameDecoder(LIMITS)
      const bytes = encodeFrames(frames)
      expect(pieces(bytes, cuts).flatMap(part => decoder.push(part))).toEqual(frames)
      expect(decoder.isBetweenFrames).toBe(true)
    }),
    { numRuns: 500 }
  )
})

test('Any 20,000 inputs give frames within the limits or a refusal, and nothing else', () => {
  const mutated = fc.tuple(fc.array(frame, { maxLength: 4 }), fc.nat(), fc.nat(255)).map(([frames, at, value]) => {
    const bytes = encodeFrames(frames)
    if (bytes.length > 0) bytes[at % bytes.length] = value
    return bytes
  })
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 600 }), mutated), bytes => {
      const decoder = new FrameDecoder(LIMITS)
      try {
        for (const one of decoder.push(bytes)) expect(one.length).toBeLessThanOrEqual(LIMITS.maxFrameBytes)
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(FrameError)
      }
    }),
    { numRuns: 20_000 }
  )
})

test('A frame above the limit is refused by its length alone', () => {
  expect(() => new FrameDecoder(LIMITS).push(encodeFrames([new Uint8Array(401)]).subarray(0, 2))).toThrow('401 bytes')
})

test('Lengths in more bytes than needed, or than allowed, are refused', () => {
  expect(() => new FrameDecoder(LIMITS).push(Uint8Array.of(0x81, 0x00))).toThrow('leading zeros')
  expect(() => new FrameDecoder(LIMITS).push(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x01))).toThrow('more than 4 bytes')
})

test('The sum of all bytes is limited, too', () => {
  const decoder = new FrameDecoder(LIMITS)
  const one = encodeFrames([new Uint8Array(300)])
  expect(() => {
    for (let count = 0; count < 20; count++) decoder.push(one)
  }).toThrow('more bytes than this protocol allows')
})

import { ByteWriter, decodeUtf8, decodeWith, encodeUtf8, failure, success, type Result } from '../../bytes/index.ts'

/**
 * How a member asks a connected peer to store a room, on a stream of `/starling/keep/1`: one frame each way, then both end.
 * Only Noise seals them, so the asker tells the name to nobody but this peer.
 *
 * | bytes | ask |
 * |---|---|
 * | 1 | how the room is told: 1, the name of an open room |
 * | 2 + n | name, UTF-8 |
 *
 * | bytes | answer |
 * |---|---|
 * | 1 | 1 kept, 2 full, 3 not a kind of room that is kept here |
 *
 * Later ways to tell a room (its tag alone, for rooms that a keeper cannot read) take further numbers; an answer of 3 says
 * that they are not known here.
 */
export const KEEP_PROTOCOL = '/starling/keep/1'

export type KeepAnswer = 'kept' | 'full' | 'unknown'

/** 100 characters of at most 4 bytes each, and some for what normalising takes off. */
const MAX_NAME_BYTES = 512
export const MAX_KEEP_FRAME_BYTES = 1 + 2 + MAX_NAME_BYTES

const OPEN_ROOM = 1
const ANSWERS = ['kept', 'full', 'unknown'] as const

export function encodeAsk(roomName: string): Uint8Array {
  return new ByteWriter().u8(OPEN_ROOM).shortBytes(encodeUtf8(roomName)).finish()
}

/** The name of the open room that is asked for; undefined when the room is told in a way not known here. */
export function decodeAsk(bytes: Uint8Array): Result<string | undefined> {
  if (bytes[0] !== undefined && bytes[0] !== OPEN_ROOM) return success(undefined)
  const name = decodeWith(bytes, reader => {
    reader.u8()
    return reader.shortBytes(MAX_NAME_BYTES)
  })
  return name.ok ? decodeUtf8(name.value) : name
}

export function encodeAnswer(answer: KeepAnswer): Uint8Array {
  return Uint8Array.of(ANSWERS.indexOf(answer) + 1)
}

export function decodeAnswer(bytes: Uint8Array): Result<KeepAnswer> {
  const answer = bytes.length === 1 ? ANSWERS[(bytes[0] ?? 0) - 1] : undefined
  return answer === undefined ? failure('an answer of another kind') : success(answer)
}

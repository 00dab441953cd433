import { ByteWriter, decodeUtf8, decodeWith, encodeUtf8, failure, success, type Result } from '../../bytes/index.ts'

/**
 * How a member asks a connected peer to store a room, on a stream of `/starling/keep/1`: one frame each way, then both end.
 * Only Noise seals them, so the asker tells the name to nobody but this peer.
 *
 * | bytes | ask for an open room |
 * |---|---|
 * | 1 | 1 |
 * | 2 + n | name, UTF-8 |
 *
 * | bytes | ask for a room that the keeper cannot read |
 * |---|---|
 * | 1 | 2 |
 * | 32 | tag: a secret of the members, which the keeper shares |
 *
 * | bytes | answer |
 * |---|---|
 * | 1 | 1 kept, 2 full, 3 not a kind of room that is kept here |
 *
 * Later ways to tell a room take further numbers; an answer of 3 says that they are not known here.
 */
export const KEEP_PROTOCOL = '/starling/keep/1'

export type KeepAnswer = 'kept' | 'full' | 'unknown'

/** 100 characters of at most 4 bytes each, and some for what normalising takes off. */
const MAX_NAME_BYTES = 512
export const MAX_KEEP_FRAME_BYTES = 1 + 2 + MAX_NAME_BYTES

/** How a room is told to a keeper. */
export type KeepAsk =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'tag'; readonly tag: Uint8Array }

const BY_NAME = 1
const BY_TAG = 2
const KEEPER_TAG_BYTES = 32
const ANSWERS = ['kept', 'full', 'unknown'] as const

export function encodeAsk(ask: KeepAsk): Uint8Array {
  if (ask.kind === 'tag') return new ByteWriter().u8(BY_TAG).bytes(ask.tag).finish()
  return new ByteWriter().u8(BY_NAME).shortBytes(encodeUtf8(ask.name)).finish()
}

/** What is asked for; undefined when the room is told in a way not known here. */
export function decodeAsk(bytes: Uint8Array): Result<KeepAsk | undefined> {
  const [kind] = bytes
  if (kind !== undefined && kind !== BY_NAME && kind !== BY_TAG) return success(undefined)
  return decodeWith(bytes, reader => {
    if (reader.u8() === BY_TAG) return { kind: 'tag', tag: reader.bytes(KEEPER_TAG_BYTES) }
    const name = decodeUtf8(reader.shortBytes(MAX_NAME_BYTES))
    return name.ok ? { kind: 'name', name: name.value } : reader.refuse(name.error)
  })
}

export function encodeAnswer(answer: KeepAnswer): Uint8Array {
  return Uint8Array.of(ANSWERS.indexOf(answer) + 1)
}

export function decodeAnswer(bytes: Uint8Array): Result<KeepAnswer> {
  const answer = bytes.length === 1 ? ANSWERS[(bytes[0] ?? 0) - 1] : undefined
  return answer === undefined ? failure('an answer of another kind') : success(answer)
}

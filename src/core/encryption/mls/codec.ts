import { encode } from 'ts-mls/codec/tlsEncoder.js'
import { decodeMlsMessage, decodeGroupState, encodeGroupState, encodeMlsMessage, type RatchetTree } from 'ts-mls'
import { decodeKeyPackage, encodeKeyPackage } from 'ts-mls/keyPackage.js'
import { decodeRatchetTree, ratchetTreeEncoder } from 'ts-mls/ratchetTree.js'
import { ByteWriter, decodeWith, failure, success, type Result } from '../../bytes/index.ts'

/** More devices than a private room is meant for (150) several times over; it bounds what one welcome can cost. */
const MAX_LEAVES = 1024
/** A key package of ours takes some 300 bytes. */
const MAX_KEY_PACKAGE_BYTES = 4 * 1024
/** A commit in a tree of `MAX_LEAVES`, none of them merged, takes about 100 bytes for each, and 400 for each who is added. */
const MAX_MESSAGE_BYTES = 1024 * 1024
const MAX_TREE_BYTES = 1024 * 1024

/** With the whole tree beside it, which it names by hash. */
export interface WithTree<T> {
  readonly message: T
  readonly tree: RatchetTree
}

type Message = NonNullable<ReturnType<typeof decodeMlsMessage>>[0]

export function encodeMessage(message: Message): Uint8Array {
  return encodeMlsMessage(message)
}

export function decodeMessage(bytes: Uint8Array): Result<Message> {
  return bytes.length > MAX_MESSAGE_BYTES ? failure('a message too long') : whole(bytes, decodeMlsMessage)
}

export function encodeWithTree({ message, tree }: WithTree<Message>): Uint8Array {
  return new ByteWriter().longBytes(encodeMlsMessage(message)).longBytes(encode(ratchetTreeEncoder)(tree)).finish()
}

export function decodeWithTree(bytes: Uint8Array): Result<WithTree<Message>> {
  const parts = decodeWith(bytes, reader => {
    return [reader.longBytes(MAX_MESSAGE_BYTES), reader.longBytes(MAX_TREE_BYTES)] as const
  })
  if (!parts.ok) return parts
  const message = decodeMessage(parts.value[0])
  if (!message.ok) return message
  const tree = whole(parts.value[1], decodeRatchetTree)
  if (!tree.ok) return tree
  if (tree.value.length > 2 * MAX_LEAVES) return failure(`a group of more than ${MAX_LEAVES}`)
  return success({ message: message.value, tree: tree.value })
}

export const encodeShown = encodeKeyPackage

export function decodeShown(bytes: Uint8Array) {
  return bytes.length > MAX_KEY_PACKAGE_BYTES ? failure('a key package too long') : whole(bytes, decodeKeyPackage)
}

export const encodeState = encodeGroupState

export function decodeState(bytes: Uint8Array) {
  return whole(bytes, decodeGroupState)
}

/** Decoders of ts-mls throw, or return nothing, or leave bytes over. */
function whole<T>(bytes: Uint8Array, decode: (bytes: Uint8Array, at: number) => [T, number] | undefined): Result<T> {
  try {
    // A copy: what is decoded may be views.
    const decoded = decode(bytes.slice(), 0)
    return decoded?.[1] === bytes.length ? success(decoded[0]) : failure('malformed')
  } catch {
    return failure('malformed')
  }
}

import type { GroupContext } from 'ts-mls/groupContext.js'
import { expectValue, fromHex } from '../../../src/core/bytes/index.ts'
import { mlsSuite, SUITE } from '../../../src/core/encryption/mls/suite.ts'

/** Number 1 of the RFC, whose vectors are here, just as the program uses it. */
export const openSuite = mlsSuite

export const bytes = (hex: string): Uint8Array => expectValue(fromHex(hex))

/** What the bytes are, all of them. */
export function decoded<T>(decode: (from: Uint8Array, at: number) => [T, number] | undefined, hex: string): T {
  const from = bytes(hex)
  const result = decode(from, 0)
  if (result?.[1] !== from.length) throw new Error('malformed, or followed by something')
  return result[0]
}

interface PublishedContext {
  readonly group_id: string
  readonly tree_hash: string
  readonly confirmed_transcript_hash: string
}

export function contextOf(published: PublishedContext, epoch: number): GroupContext {
  return {
    version: 'mls10',
    cipherSuite: SUITE,
    groupId: bytes(published.group_id),
    epoch: BigInt(epoch),
    treeHash: bytes(published.tree_hash),
    confirmedTranscriptHash: bytes(published.confirmed_transcript_hash),
    extensions: []
  }
}

import {
  ByteWriter,
  decodeUtf8,
  decodeWith,
  encodeUtf8,
  failure,
  success,
  type Millis,
  type Result
} from '../../bytes/index.ts'

/**
 * How a peer asks one that is reachable how it looks from outside, on a stream of `/starling/reach/1`: one frame each
 * way, then both end. Whatever is sent back goes to the host that the stream's connection comes from and to no other, so
 * that nobody can be named as a victim.
 *
 * | bytes | ask |
 * |---|---|
 * | 1 | 1: whom do you see, and what time is it |
 *
 * | bytes | ask |
 * |---|---|
 * | 1 | 2: can you dial me here |
 * | 2 + n | multiaddr as text |
 *
 * | bytes | ask |
 * |---|---|
 * | 1 | 3: send one UDP packet, from a port you have not used with me |
 * | 2 | to this port |
 * | 12 | transaction id of the STUN binding indication that it is (RFC 8489) |
 *
 * | bytes | answer |
 * |---|---|
 * | 1 | 1 done, 2 tried in vain, 3 not allowed, 4 too many asks, 5 not a thing that is done here |
 * | 6 | the time, Unix ms |
 * | 2 + n | the multiaddr from which the connection comes, as text |
 */
export const REACH_PROTOCOL = '/starling/reach/1'

const MAX_ADDRESS_BYTES = 256
export const MAX_REACH_FRAME_BYTES = 1 + 6 + 2 + MAX_ADDRESS_BYTES
const TRANSACTION_BYTES = 12

export type ReachAsk =
  | { readonly kind: 'look' }
  | { readonly kind: 'dial'; readonly address: string }
  | { readonly kind: 'packet'; readonly port: number; readonly transaction: Uint8Array }

const OUTCOMES = ['done', 'failed', 'refused', 'busy', 'unknown'] as const
export type ReachOutcome = (typeof OUTCOMES)[number]

export interface ReachAnswer {
  readonly outcome: ReachOutcome
  readonly time: Millis
  readonly observed: string
}

const LOOK = 1
const DIAL = 2
const PACKET = 3

export function encodeReachAsk(ask: ReachAsk): Uint8Array {
  if (ask.kind === 'look') return Uint8Array.of(LOOK)
  if (ask.kind === 'dial') return new ByteWriter().u8(DIAL).shortBytes(encodeUtf8(ask.address)).finish()
  return new ByteWriter().u8(PACKET).u16(ask.port).bytes(ask.transaction).finish()
}

/** What is asked; undefined when it is a thing not known here. */
export function decodeReachAsk(bytes: Uint8Array): Result<ReachAsk | undefined> {
  const [kind] = bytes
  if (kind !== undefined && kind !== LOOK && kind !== DIAL && kind !== PACKET) return success(undefined)
  return decodeWith(bytes, (reader): ReachAsk => {
    const known = reader.u8()
    if (known === LOOK) return { kind: 'look' }
    if (known === PACKET) return { kind: 'packet', port: reader.u16(), transaction: reader.bytes(TRANSACTION_BYTES) }
    const address = decodeUtf8(reader.shortBytes(MAX_ADDRESS_BYTES))
    return address.ok ? { kind: 'dial', address: address.value } : reader.refuse(address.error)
  })
}

export function encodeReachAnswer({ outcome, time, observed }: ReachAnswer): Uint8Array {
  return new ByteWriter()
    .u8(OUTCOMES.indexOf(outcome) + 1)
    .u48(time)
    .shortBytes(encodeUtf8(observed))
    .finish()
}

export function decodeReachAnswer(bytes: Uint8Array): Result<ReachAnswer> {
  const decoded = decodeWith(bytes, reader => ({
    outcome: OUTCOMES[reader.u8() - 1],
    time: reader.u48(),
    observed: decodeUtf8(reader.shortBytes(MAX_ADDRESS_BYTES))
  }))
  if (!decoded.ok) return decoded
  const { outcome, time, observed } = decoded.value
  if (outcome === undefined) return failure('an outcome of another kind')
  return observed.ok ? success({ outcome, time, observed: observed.value }) : observed
}

import { ByteWriter, decodeUtf8, decodeWith, encodeUtf8, type Result } from '../../bytes/index.ts'

/**
 * What a relay offers for WebRTC, on a stream of `/starling/ice/1` on which it says so and ends. It names ports alone: the host is the one
 * that it is connected at, so that it can send nobody's packets elsewhere.
 *
 * | bytes | |
 * |---|---|
 * | 2 | UDP port of its STUN server, 0 for none |
 * | 1 | 1 when a TURN server follows, else 0 |
 * | 2 | port |
 * | 1 | transport to it: 1 UDP, 2 TCP |
 * | 4 | seconds for which the credentials hold |
 * | 2 + n | username, UTF-8 |
 * | 2 + n | credential, UTF-8 |
 */
export interface IceOffer {
  readonly stun: number | undefined
  readonly turn: TurnOffer | undefined
}

export interface TurnOffer {
  readonly port: number
  readonly transport: 'udp' | 'tcp'
  /** Seconds. */
  readonly lifetime: number
  readonly username: string
  readonly credential: string
}

export const ICE_PROTOCOL = '/starling/ice/1'
const MAX_TEXT_BYTES = 512
export const MAX_ICE_FRAME_BYTES = 2 + 1 + 2 + 1 + 4 + 2 * (2 + MAX_TEXT_BYTES)
const TRANSPORTS = ['udp', 'tcp'] as const

export function encodeIceOffer({ stun, turn }: IceOffer): Uint8Array {
  const writer = new ByteWriter().u16(stun ?? 0)
  if (turn === undefined) return writer.u8(0).finish()
  return writer
    .u8(1)
    .u16(turn.port)
    .u8(1 + TRANSPORTS.indexOf(turn.transport))
    .u32(turn.lifetime)
    .shortBytes(encodeUtf8(turn.username))
    .shortBytes(encodeUtf8(turn.credential))
    .finish()
}

export function decodeIceOffer(bytes: Uint8Array): Result<IceOffer> {
  return decodeWith(bytes, reader => {
    const stun = reader.u16() || undefined
    const hasTurn = reader.u8()
    if (hasTurn === 0) return { stun, turn: undefined }
    const [port, kind, lifetime] = [reader.u16(), reader.u8(), reader.u32()]
    const texts = [reader.shortBytes(MAX_TEXT_BYTES), reader.shortBytes(MAX_TEXT_BYTES)].map(decodeUtf8)
    const [username, credential] = texts.map(text => (text.ok ? text.value : reader.refuse(text.error)))
    const transport = TRANSPORTS[kind - 1]
    if (hasTurn !== 1 || port === 0 || transport === undefined || username === undefined || credential === undefined)
      return reader.refuse('a TURN server that cannot be used')
    return { stun, turn: { port, transport, lifetime, username, credential } }
  })
}

import { multiaddr } from '@multiformats/multiaddr'
import { failure, success, type Result } from '../bytes/index.ts'

const EXAMPLE = '/ip4/192.0.2.1/tcp/4001'

/** The address in its normal form, or what is wrong with it; loads nothing of libp2p but the grammar. */
export function parseMultiaddr(text: string): Result<string> {
  const trimmed = text.trim()
  const refusal = failure(`"${text}" is not a multiaddr; one looks like ${EXAMPLE}`)
  if (!/^(?:\/[\x21-\x2e\x30-\x7e]+)+$/.test(trimmed)) return refusal
  try {
    const parsed = multiaddr(trimmed)
    // Some values, a PeerId for one, are looked at only when they are encoded.
    return parsed.bytes.length > 0 ? success(parsed.toString()) : refusal
  } catch {
    return refusal
  }
}

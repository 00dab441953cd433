import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { failure, success, type Result } from './result.ts'

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  return toString(bytes, 'base16')
}

/** Bytes of lower- or upper-case hexadecimal; exactly `length` of them when given. */
export function fromHex(text: string, length?: number): Result<Uint8Array> {
  if (!/^(?:[0-9a-f]{2})*$/i.test(text)) return failure('not hexadecimal')
  const bytes = fromString(text.toLowerCase(), 'base16')
  if (length !== undefined && bytes.length !== length) return failure(`not ${length} bytes of hexadecimal`)
  return success(bytes)
}

/** base64url without padding (RFC 4648, section 5). */
export function toBase64Url(bytes: Uint8Array): string {
  return toString(bytes, 'base64url')
}

/** Bytes of unpadded base64url; a text that no encoder makes (stray bits in its last letter) is refused. */
export function fromBase64Url(text: string): Result<Uint8Array> {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return failure('not base64url')
  try {
    const bytes = fromString(text, 'base64url')
    return toBase64Url(bytes) === text ? success(bytes) : failure('not base64url')
  } catch {
    return failure('not base64url')
  }
}

/** Lower-case base32 without padding (RFC 4648, section 6), for names that must survive case folding. */
export function toBase32(bytes: Uint8Array): string {
  return toString(bytes, 'base32')
}

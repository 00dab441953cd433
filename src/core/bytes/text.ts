import { failure, success, type Result } from './result.ts'

const encoder = new TextEncoder()
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** The text of well-formed UTF-8; anything else is refused, never replaced. */
export function decodeUtf8(bytes: Uint8Array): Result<string> {
  try {
    return success(strictDecoder.decode(bytes))
  } catch {
    return failure('not valid UTF-8')
  }
}

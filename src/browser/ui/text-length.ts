import { MAX_TEXT_BYTES } from '../../core/chat/index.ts'

/** From here on the length is worth a word. */
export const NEARLY_FULL_BYTES = MAX_TEXT_BYTES * 0.8

const encoder = new TextEncoder()

export function byteLength(text: string): number {
  // No text of this many UTF-16 units can be near the limit; most are measured without encoding them.
  return text.length * 3 < NEARLY_FULL_BYTES ? text.length : encoder.encode(text).length
}

export function isTooLong(text: string): boolean {
  return byteLength(text) > MAX_TEXT_BYTES
}

export function lengthWords(bytes: number): string {
  const kib = (number: number): string => (number / 1024).toFixed(1).replace('.0', '')
  const measure = `${kib(bytes)} of ${kib(MAX_TEXT_BYTES)} KiB`
  return bytes > MAX_TEXT_BYTES
    ? `${measure}: too long for one message. Shorten it, or send it in parts.`
    : `${measure}.`
}

import { type ByteReader, ByteWriter, decodeWith, type Result } from '../../bytes/index.ts'

/**
 * How requests to join wait at a keeper while no member is online, and the answers until the newcomer is: letters under a tag, on a stream of
 * `/starling/mailbox/1`, one frame each way. What they say is sealed, and whose they are is not told.
 *
 * | bytes | leave a letter |
 * |---|---|
 * | 1 | 1 |
 * | 32 | tag: whoever knows it may leave letters there, and look |
 * | n | letter, 1 B to 64 KiB |
 *
 * | bytes | look what is there |
 * |---|---|
 * | 1 | 2 |
 * | 32 | tag |
 *
 * | bytes | answer to 1 |
 * |---|---|
 * | 1 | 1 kept for 14 days, 2 full |
 *
 * | bytes | answer to 2 |
 * |---|---|
 * | 1 | number of letters, at most 32, those first that were left first |
 * | 4 + n, each | letter |
 */
export const MAILBOX_PROTOCOL = '/starling/mailbox/1'

export type MailboxAsk =
  | { readonly kind: 'leave'; readonly tag: Uint8Array; readonly letter: Uint8Array }
  | { readonly kind: 'look'; readonly tag: Uint8Array }

export type LeaveAnswer = 'kept' | 'full'

export const MAX_LETTER_BYTES = 64 * 1024
/** Of one tag: newcomers who wait for one invite, or answers of several members to one of them. */
export const MAX_BOX_LETTERS = 32
export const MAX_BOX_BYTES = 256 * 1024
const TAG_BYTES = 32
export const MAX_MAILBOX_ASK_BYTES = 1 + TAG_BYTES + MAX_LETTER_BYTES
export const MAX_MAILBOX_ANSWER_BYTES = 1 + MAX_BOX_LETTERS * 4 + MAX_BOX_BYTES

const LEAVE = 1
const LOOK = 2
const LEAVE_ANSWERS = ['kept', 'full'] as const

export function encodeMailboxAsk(ask: MailboxAsk): Uint8Array {
  if (ask.kind === 'look') return new ByteWriter().u8(LOOK).bytes(ask.tag).finish()
  return new ByteWriter().u8(LEAVE).bytes(ask.tag).bytes(ask.letter).finish()
}

export function decodeMailboxAsk(bytes: Uint8Array): Result<MailboxAsk> {
  return decodeWith(bytes, readAsk)
}

export function encodeLeaveAnswer(answer: LeaveAnswer): Uint8Array {
  return Uint8Array.of(LEAVE_ANSWERS.indexOf(answer) + 1)
}

export function decodeLeaveAnswer(bytes: Uint8Array): Result<LeaveAnswer> {
  return decodeWith(bytes, reader => LEAVE_ANSWERS[reader.u8() - 1] ?? reader.refuse('an answer of another kind'))
}

export function encodeLetters(letters: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter().u8(letters.length)
  for (const letter of letters) writer.longBytes(letter)
  return writer.finish()
}

export function decodeLetters(bytes: Uint8Array): Result<Uint8Array[]> {
  return decodeWith(bytes, reader => {
    const count = reader.u8()
    if (count > MAX_BOX_LETTERS) reader.refuse(`${count} letters`)
    return Array.from({ length: count }, () => reader.longBytes(MAX_LETTER_BYTES))
  })
}

function readAsk(reader: ByteReader): MailboxAsk {
  const kind = reader.u8()
  const tag = reader.bytes(TAG_BYTES)
  if (kind === LOOK) return { kind: 'look', tag }
  if (kind !== LEAVE) return reader.refuse(`an ask of kind ${kind}`)
  if (reader.remaining === 0 || reader.remaining > MAX_LETTER_BYTES) reader.refuse('a letter of no or too many bytes')
  return { kind: 'leave', tag, letter: reader.rest() }
}

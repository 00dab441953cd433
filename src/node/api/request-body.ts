import type { IncomingMessage } from 'node:http'
import { MAX_TEXT_BYTES } from '../../core/chat/index.ts'
import { UsageError } from '../exits.ts'

/** The longest text, in which JSON spells out every byte (`\u0001`), and room for the other fields. */
const MAX_BODY_BYTES = 6 * MAX_TEXT_BYTES + 8 * 1024

export class BodyTooLargeError extends UsageError {}

/** The JSON object that a request carries. */
export async function readBody(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge()
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) throw tooLarge()
    chunks.push(chunk)
  }
  return parseObject(Buffer.concat(chunks))
}

function tooLarge(): BodyTooLargeError {
  return new BodyTooLargeError(`the request is larger than ${MAX_BODY_BYTES} bytes`)
}

function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new UsageError('the request does not hold JSON in UTF-8')
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new UsageError('the request does not hold a JSON object')
}

export function textField(body: Readonly<Record<string, unknown>>, name: string): string {
  const value = body[name]
  if (typeof value === 'string') return value
  throw new UsageError(`the request needs "${name}", a text`)
}

export function optionalText(body: Readonly<Record<string, unknown>>, name: string): string | undefined {
  return body[name] === undefined ? undefined : textField(body, name)
}

export function optionalNumber(
  body: Readonly<Record<string, unknown>>,
  name: string,
  most: number
): number | undefined {
  const value = body[name]
  if (value === undefined) return undefined
  if (typeof value === 'number' && value >= 0 && value <= most) return value
  throw new UsageError(`"${name}" is not a number from 0 to ${most}`)
}

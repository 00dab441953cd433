import type { ServerResponse } from 'node:http'
import { exitOf, EXIT, sentenceOf } from '../exits.ts'

/** What a route answers; a route that streams writes to the response itself and answers nothing. */
export interface Reply {
  readonly status: number
  readonly body: object | string
  readonly headers?: Readonly<Record<string, string>>
}

/** Who must act, as the exits of the commands say it. */
export type RefusalKind = 'usage' | 'not-allowed' | 'unavailable' | 'failed'

export interface Refusal extends Reply {
  readonly body: { readonly error: string; readonly kind: RefusalKind }
}

export function ok(body: object): Reply {
  return { status: 200, body }
}

export function refusal(status: number, kind: RefusalKind, sentence: string): Refusal {
  return { status, body: { error: sentence, kind } }
}

export function refusalOf(thrown: unknown): Refusal {
  const sentence = sentenceOf(thrown)
  const exit = exitOf(thrown)
  if (exit === EXIT.usage) return refusal(400, 'usage', sentence)
  if (exit === EXIT.notAllowed) return refusal(403, 'not-allowed', sentence)
  if (exit === EXIT.unavailable) return refusal(503, 'unavailable', sentence)
  return refusal(500, 'failed', sentence)
}

export function sendReply(response: ServerResponse, reply: Reply): void {
  if (response.headersSent || response.destroyed) return
  const { body: content } = reply
  const isText = typeof content === 'string'
  const body = isText ? content : `${JSON.stringify(content)}\n`
  response.writeHead(reply.status, {
    'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(reply.status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    ...reply.headers
  })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}

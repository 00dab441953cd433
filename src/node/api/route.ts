import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Access } from './guard.ts'
import type { Reply } from './reply.ts'

export interface Call {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** What stands for `:name` in the path, decoded. */
  readonly parameters: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** Ends when the caller has gone or the peer stops. */
  readonly signal: AbortSignal
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** `/v1/rooms/:room/members` */
  readonly path: string
  readonly access: Access
  /** The answer, or undefined when it was written to the response. */
  readonly run: (call: Call) => Reply | undefined | Promise<Reply | undefined>
}

export type Match =
  | { readonly kind: 'route'; readonly route: Route; readonly parameters: Readonly<Record<string, string>> }
  | { readonly kind: 'method'; readonly allowed: readonly string[] }
  | { readonly kind: 'none' }

export function matchRoute(routes: readonly Route[], method: string, path: string): Match {
  const found = routes.flatMap(route => {
    const parameters = matchPath(route.path, path)
    return parameters === undefined ? [] : [{ route, parameters }]
  })
  const wanted = method === 'HEAD' ? 'GET' : method
  const match = found.find(({ route }) => route.method === wanted)
  if (match !== undefined) return { kind: 'route', ...match }
  if (found.length === 0) return { kind: 'none' }
  return { kind: 'method', allowed: found.map(({ route }) => route.method) }
}

function matchPath(pattern: string, path: string): Readonly<Record<string, string>> | undefined {
  const wanted = pattern.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return undefined
  const parameters: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const text = given[index] ?? ''
    if (!part.startsWith(':')) {
      if (part !== text) return undefined
      continue
    }
    const decoded = decodePart(text)
    if (decoded === undefined || decoded === '') return undefined
    parameters[part.slice(1)] = decoded
  }
  return parameters
}

function decodePart(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

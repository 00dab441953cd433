import { request } from 'node:http'

export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

/** A request whose path and headers go out as they are: `fetch` would tidy up both. */
export function rawRequest(
  http: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
  body?: string
): Promise<RawAnswer> {
  const { hostname, port } = new URL(http)
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>()
  const call = request({ host: hostname, port, path, method, headers, agent: false }, response => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('end', () =>
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) })
    )
    response.on('error', reject)
  })
  call.on('error', reject)
  call.end(body)
  return promise
}

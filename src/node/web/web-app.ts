import { createHash } from 'node:crypto'
import { readFile, realpath, stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, sep } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

/** Where `npm run build` puts the web app. */
export const WEB_FOLDER = join(import.meta.dirname, '..', '..', '..', 'dist', 'web')

const TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.json', 'application/json; charset=utf-8'],
  ['.webmanifest', 'application/manifest+json; charset=utf-8'],
  ['.map', 'application/json; charset=utf-8'],
  ['.svg', 'image/svg+xml; charset=utf-8'],
  ['.txt', 'text/plain; charset=utf-8'],
  ['.png', 'image/png'],
  ['.ico', 'image/x-icon'],
  ['.webp', 'image/webp'],
  ['.woff2', 'font/woff2'],
  ['.wasm', 'application/wasm']
])
const PACKED_ALREADY = /\.(?:png|ico|webp|woff2)$/

/** No inline code, no code or style of others, no markup from text; only the peers' sockets are elsewhere. */
const CONTENT_SECURITY_POLICY = [
  `default-src 'none'`,
  `script-src 'self'`,
  `style-src 'self'`,
  `img-src 'self' data:`,
  `manifest-src 'self'`,
  `connect-src 'self' ws: wss:`,
  `base-uri 'none'`,
  `form-action 'none'`,
  `frame-ancestors 'none'`,
  `require-trusted-types-for 'script'`,
  `trusted-types 'none'`
].join('; ')

const SECURITY_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin'
}
/** Vite puts a hash of the content into these names, so what they name never changes. */
const HASHED = /^\/assets\/.+-[\w-]{8,}\.\w+$/
const YEAR_SECONDS = 31_536_000

type Encoding = 'br' | 'gzip' | 'identity'

interface Packed {
  readonly modified: number
  readonly tag: string
  readonly bodies: Map<Encoding, Buffer>
}

export type WebApp = (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void>

/** Serves the files of `folder` and nothing else. Files are compressed once and kept: the folder bounds their number. */
export function createWebApp(folder: string): WebApp {
  const packed = new Map<string, Packed>()
  return async (request, response, path) => {
    const file = await findFile(folder, path)
    if (file === undefined) return sendMissing(response, folder, path)
    const entry = await pack(packed, file)
    const encoding = PACKED_ALREADY.test(file.path) ? 'identity' : chooseEncoding(request)
    const headers = {
      ...SECURITY_HEADERS,
      'content-type': TYPES.get(extname(file.path)) ?? 'application/octet-stream',
      'cache-control': HASHED.test(path) ? `public, max-age=${YEAR_SECONDS}, immutable` : 'no-cache',
      etag: `"${entry.tag}-${encoding}"`,
      vary: 'accept-encoding'
    }
    if (request.headers['if-none-match'] === headers.etag) {
      response.writeHead(304, headers).end()
      return
    }
    const body = await bodyOf(entry, file.path, encoding)
    response.writeHead(200, {
      ...headers,
      'content-length': body.length,
      ...(encoding === 'identity' ? {} : { 'content-encoding': encoding })
    })
    response.end(request.method === 'HEAD' ? undefined : body)
  }
}

interface FoundFile {
  readonly path: string
  readonly modified: number
}

/** The file that a path names, if it lies in the folder, whatever dots, escapes or links the path is made of. */
async function findFile(folder: string, path: string): Promise<FoundFile | undefined> {
  const name = decodePath(path)
  if (name === undefined) return undefined
  try {
    const root = await realpath(folder)
    const real = await realpath(join(root, name.endsWith('/') ? `${name}index.html` : name))
    if (!real.startsWith(root + sep)) return undefined
    const found = await stat(real)
    return found.isFile() ? { path: real, modified: found.mtimeMs } : undefined
  } catch {
    return undefined
  }
}

function decodePath(path: string): string | undefined {
  try {
    const name = decodeURIComponent(path)
    return /[\u0000\\]|(?:^|\/)\.\.?(?:\/|$)/.test(name) ? undefined : name
  } catch {
    return undefined
  }
}

async function pack(packed: Map<string, Packed>, file: FoundFile): Promise<Packed> {
  const known = packed.get(file.path)
  if (known?.modified === file.modified) return known
  const plain = await readFile(file.path)
  const tag = createHash('sha256').update(plain).digest('base64url').slice(0, 16)
  const entry: Packed = { modified: file.modified, tag, bodies: new Map([['identity', plain]]) }
  packed.set(file.path, entry)
  return entry
}

function chooseEncoding(request: IncomingMessage): Encoding {
  const accepted = request.headers['accept-encoding']?.toString() ?? ''
  if (/\bbr\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(accepted)) return 'br'
  return /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(accepted) ? 'gzip' : 'identity'
}

/** Near the best ratio, at a tenth of the time. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }

async function bodyOf(entry: Packed, path: string, encoding: Encoding): Promise<Buffer> {
  const known = entry.bodies.get(encoding)
  if (known !== undefined) return known
  const plain = entry.bodies.get('identity') ?? (await readFile(path))
  const body = encoding === 'br' ? await promisify(brotliCompress)(plain, BROTLI) : await promisify(gzip)(plain)
  entry.bodies.set(encoding, body)
  return body
}

async function sendMissing(response: ServerResponse, folder: string, path: string): Promise<void> {
  const isBuilt = (await findFile(folder, '/')) !== undefined
  const sentence = isBuilt
    ? `There is nothing at ${path}.`
    : 'The web app is not built yet: run `npm run build` in the checkout, or start with `npm start`, then reload.'
  const status = isBuilt || path !== '/' ? 404 : 503
  const headers = { ...SECURITY_HEADERS, 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }
  response.writeHead(status, headers).end(`${sentence}\n`)
}

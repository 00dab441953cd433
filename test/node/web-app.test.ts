import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serveOnPort, type ApiServer } from '../../src/node/api/server.ts'
import { createWebApp } from '../../src/node/web/web-app.ts'
import { temporaryFolder } from './program.ts'
import { rawRequest, type RawAnswer } from './raw-request.ts'

const SCRIPT = 'export const answer = 42\n'.repeat(100)
const TRAVERSALS = [
  '/../secret.txt',
  '/%2e%2e/secret.txt',
  '/..%2fsecret.txt',
  '/%2e%2e%2fsecret.txt',
  '/assets/../../secret.txt',
  '/assets/..%2f..%2fsecret.txt',
  '/..%5csecret.txt',
  '/..\\secret.txt',
  '/%252e%252e/secret.txt',
  '//secret.txt',
  '/./../secret.txt',
  '/secret.txt%00.html',
  '/assets/%00',
  '/%ff',
  '/link.txt',
  '/linked/secret.txt',
  '/assets',
  '/assets/'
]

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let server: ApiServer
let empty: ApiServer

beforeAll(async () => {
  folder = await temporaryFolder()
  const web = join(folder.path, 'web')
  await mkdir(join(web, 'assets'), { recursive: true })
  await writeFile(join(folder.path, 'secret.txt'), 'a secret')
  await writeFile(join(web, 'index.html'), '<!doctype html><title>Starling</title>')
  await writeFile(join(web, 'assets', 'index-Ab3_dE9f.js'), SCRIPT)
  await symlink(join(folder.path, 'secret.txt'), join(web, 'link.txt'))
  await symlink(folder.path, join(web, 'linked'))
  server = await serve(web)
  empty = await serve(join(folder.path, 'nowhere'))
})

afterAll(async () => {
  await Promise.all([server.stop(), empty.stop()])
  await folder.remove()
})

function serve(web: string): Promise<ApiServer> {
  const options = { routes: [], webApp: createWebApp(web), guard: undefined, log: () => undefined }
  return serveOnPort({ host: '127.0.0.1', port: 0 }, options)
}

function get(path: string, headers: Record<string, string> = {}, from = server): Promise<RawAnswer> {
  return rawRequest(from.address ?? '', path, headers)
}

test('the page comes under a strict policy and is asked for anew each time', async () => {
  const { status, headers, body } = await get('/')
  expect(status).toBe(200)
  expect(body.toString()).toContain('<title>Starling</title>')
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin'
  })
  const policy = String(headers['content-security-policy'])
  expect(policy).toContain(`default-src 'none'; script-src 'self'`)
  expect(policy).toContain(`connect-src 'self' ws: wss:`)
  expect(policy).toContain(`require-trusted-types-for 'script'`)
  expect(policy).not.toMatch(/unsafe|https?:/)
})

test('what has a hash in its name is kept for good, and travels compressed', async () => {
  const path = '/assets/index-Ab3_dE9f.js'
  const plain = await get(path)
  const brotli = await get(path, { 'accept-encoding': 'gzip, deflate, br' })
  const gzip = await get(path, { 'accept-encoding': 'gzip, br;q=0' })
  expect(plain.headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'accept-encoding'
  })
  expect(plain.body.toString()).toBe(SCRIPT)
  expect(brotli.headers['content-encoding']).toBe('br')
  expect(brotliDecompressSync(brotli.body).toString()).toBe(SCRIPT)
  expect(gzip.headers['content-encoding']).toBe('gzip')
  expect(gunzipSync(gzip.body).toString()).toBe(SCRIPT)
})

test('what has not changed is not sent again; what has changed is', async () => {
  const { headers } = await get('/')
  const again = await get('/', { 'if-none-match': String(headers['etag']) })
  expect([again.status, again.body.length]).toEqual([304, 0])
  await writeFile(join(folder.path, 'web', 'index.html'), '<!doctype html><title>New</title>')
  expect((await get('/', { 'if-none-match': String(headers['etag']) })).body.toString()).toContain('New')
})

test.each(TRAVERSALS.map(path => [path]))('%s leads out of the folder, or nowhere: 404', async path => {
  const { status, body } = await get(path)
  expect(status).toBe(404)
  expect(body.toString()).not.toContain('a secret')
})

test('without a build it says how to make one', async () => {
  const { status, body } = await get('/', {}, empty)
  expect(status).toBe(503)
  expect(body.toString()).toMatch(/not built yet: run `npm run build`/)
})

import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { QUIET, runProgram, startProgram, temporaryFolder, untilReady, type Program, type Ready } from './program.ts'
import { rawRequest, type RawAnswer } from './raw-request.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let data: string
let peer: Program
let ready: Ready
let token: string

beforeAll(async () => {
  folder = await temporaryFolder()
  data = join(folder.path, 'data')
  const more = ['--stun', 'stun:127.0.0.1:3478', '--turn', 'turn:127.0.0.1:3478', '--turn-user', 'ann:secret-of-ann']
  peer = startProgram(['up', '--data', data, '--json', ...QUIET, ...more])
  ready = await untilReady(peer)
  token = (await readFile(join(data, 'token'), 'utf8')).trim()
  await runProgram(['room', 'create', 'Talk', '--open', '--data', data])
})

afterAll(async () => {
  await peer.stop('SIGKILL')
  await folder.remove()
})

function get(path: string, headers: Record<string, string> = {}): Promise<RawAnswer> {
  return rawRequest(ready.http, path, headers)
}

function withToken(path: string, method = 'GET', body?: unknown): Promise<RawAnswer> {
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
  return rawRequest(ready.http, path, { authorization: `Bearer ${token}` }, method, text)
}

function json(answer: RawAnswer): unknown {
  return JSON.parse(answer.body.toString())
}

describe('who may ask', () => {
  test('what is under /v1 needs the token, whatever it is', async () => {
    for (const path of ['/v1/status', '/v1/rooms', '/v1/rooms/Talk/messages', '/v1/events', '/v1/nothing']) {
      expect((await get(path)).status).toBe(401)
      expect((await get(path, { authorization: 'Bearer wrong' })).status).toBe(401)
      expect((await get(path, { authorization: token })).status).toBe(401)
      expect((await get(`${path}?token=${token}`)).status).toBe(401)
    }
    expect((await withToken('/v1/status')).status).toBe(200)
  })

  test('a name that was bound to this machine reaches nothing', async () => {
    for (const path of ['/', '/health', '/metrics', '/bootstrap.json', '/v1/status']) {
      const answer = await get(path, { host: 'evil.example:8080', authorization: `Bearer ${token}` })
      expect([path, answer.status]).toEqual([path, 403])
    }
    const { port } = new URL(ready.http)
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) {
      expect((await get('/health', { host })).status).toBe(200)
    }
  })

  test('a page of another site reaches nothing, nor does one at another port of this machine', async () => {
    for (const path of ['/health', '/metrics', '/bootstrap.json', '/v1/status', '/']) {
      for (const origin of ['https://evil.example', 'http://127.0.0.1:9', 'http://localhost']) {
        const answer = await get(path, { origin, authorization: `Bearer ${token}` })
        expect([path, answer.status, answer.headers['access-control-allow-origin']]).toEqual([path, 403, undefined])
      }
      expect((await get(path, { origin: 'null' })).status).toBe(403)
      expect((await get(path, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    }
    const list = await get('/bootstrap.json', { origin: ready.http })
    expect([list.status, list.headers['access-control-allow-origin']]).toEqual([200, undefined])
    expect((await get('/health', { origin: ready.http })).status).toBe(200)
  })

  test('figures are not given to a proxy, which speaks for others', async () => {
    expect((await get('/metrics')).status).toBe(200)
    expect((await get('/metrics', { 'x-forwarded-for': '203.0.113.7' })).status).toBe(403)
    expect((await get('/metrics', { host: '192.0.2.2:8080' })).status).toBe(403)
  })
})

describe('what it answers', () => {
  test('health, readiness and figures', async () => {
    expect(json(await get('/health'))).toEqual({ ok: true, reasons: [] })
    expect(json(await get('/ready'))).toEqual({ ok: true, reasons: [] })
    const metrics = await get('/metrics')
    expect(metrics.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/)
    expect(metrics.body.toString()).toMatch(/^starling_ready 1$/m)
    expect(metrics.body.toString()).toMatch(/^starling_peers\{path="direct"\} 0$/m)
    expect(metrics.body.toString()).toMatch(/^process_resident_memory_bytes \d+$/m)
  })

  test('addresses that a tab can dial, and no secret', async () => {
    const list = json(await get('/bootstrap.json')) as { addresses: string[]; iceServers: unknown }
    const sockets = ready.addresses.filter(address => address.includes('/ws/'))
    expect(list).toEqual({ addresses: sockets, iceServers: [{ urls: 'stun:127.0.0.1:3478' }] })
    expect(JSON.stringify(list)).not.toContain('secret')
  })

  test('rooms, members and messages', async () => {
    const [room] = json(await withToken('/v1/rooms')) as { id: string; name: string }[]
    expect(room).toMatchObject({ name: 'Talk', members: 1, missing: 0 })
    const sent = json(await withToken(`/v1/rooms/${room?.id}/messages`, 'POST', { text: 'hello' })) as { id: string }
    const messages = json(await withToken('/v1/rooms/Talk/messages?limit=1'))
    expect(messages).toMatchObject([{ event: 'message', id: sent.id, room: room?.id, text: 'hello' }])
    expect(json(await withToken('/v1/rooms/Talk/members'))).toMatchObject([{ role: 'member', self: true }])
    expect(json(await withToken('/v1/rooms/Talk/peers'))).toEqual([])
    expect(await withToken('/v1/rooms', 'POST', { name: 'Second', open: true })).toMatchObject({ status: 200 })
    expect(await withToken('/v1/rooms/Second', 'DELETE')).toMatchObject({ status: 200 })
    expect(json(await withToken('/v1/rooms'))).toMatchObject([{ name: 'Talk' }])
  })

  test('202 when a message is stored and nobody took it in time', async () => {
    const answer = await withToken('/v1/rooms/Talk/messages', 'POST', { text: 'anybody?', wait: 1, timeout: 50 })
    expect([answer.status, json(answer)]).toEqual([202, { id: expect.stringMatching(/^[0-9a-f]{64}$/), to: 0 }])
  })

  test('events as they happen', async () => {
    const gone = new AbortController()
    const response = await fetch(`${ready.http}/v1/events`, {
      headers: { authorization: `Bearer ${token}` },
      signal: gone.signal
    })
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
    await withToken('/v1/rooms/Talk/messages', 'POST', { text: 'live' })
    let text = ''
    for await (const chunk of response.body ?? []) {
      text += new TextDecoder().decode(chunk)
      if (text.includes('"sent"')) break
    }
    gone.abort()
    expect(text).toMatch(/^data: \{"event":"message",.*"text":"live".*\}$/m)
  })

  test('GET /v1/turn: the TURN servers with their logins', async () => {
    const answer = await withToken('/v1/turn')
    expect(answer.status).toBe(200)
    expect(json(answer)).toEqual({
      iceServers: [{ urls: 'turn:127.0.0.1:3478', username: 'ann', credential: 'secret-of-ann' }]
    })
  })

  test.each([
    ['GET', '/v1/nothing', 404],
    ['GET', '/v1/rooms/Nowhere', 404],
    ['GET', '/v1/rooms/Nowhere/messages', 404],
    ['GET', '/v1/rooms/%ff/messages', 404],
    ['DELETE', '/v1/rooms', 405],
    ['POST', '/health', 405],
    ['POST', '/', 405],
    ['GET', '/v1/rooms/Talk/messages?limit=many', 400],
    ['GET', '/v1/rooms/Talk/messages?limit=1001', 400],
    ['GET', '/v1/rooms/Talk/messages?before=x', 400]
  ])('%s %s: %i with a sentence', async (method, path, status) => {
    const answer = await withToken(path, method)
    expect(answer.status).toBe(status)
    expect(json(answer)).toMatchObject({ error: expect.stringMatching(/\w+ \w+/) })
  })

  test.each([
    ['no JSON', 'hello', 400],
    ['no object', '[]', 400],
    ['no text', '{}', 400],
    ['a text that is none', '{"text":1}', 400],
    ['an empty text', '{"text":""}', 400],
    ['a text over 48 KiB', JSON.stringify({ text: 'x'.repeat(48 * 1024 + 1) }), 400],
    ['a wait that is none', '{"text":"x","wait":-1}', 400],
    ['half a megabyte', JSON.stringify({ text: 'x'.repeat(512 * 1024) }), 413]
  ])('a message with %s is refused and stored nowhere', async (_, body, status) => {
    const before = json(await withToken('/v1/rooms/Talk/messages'))
    expect((await withToken('/v1/rooms/Talk/messages', 'POST', body)).status).toBe(status)
    expect(json(await withToken('/v1/rooms/Talk/messages'))).toEqual(before)
  })

  test('a private room is made, invited to and closed', async () => {
    const made = await withToken('/v1/rooms', 'POST', { name: 'Loft', history: '100' })
    expect(json(made)).toMatchObject({ name: 'Loft', kind: 'private', role: 'owner', history: 100 })
    const invite = await withToken('/v1/rooms/Loft/invites', 'POST', { role: 'admin', lasts: 60_000, uses: 2 })
    expect(json(invite)).toEqual({ invite: expect.stringMatching(/#\/join\/|^starling:join\//) })
    const open = { role: 'admin', uses: 2, used: 0, state: 'open' }
    expect(json(await withToken('/v1/rooms/Loft/invites'))).toMatchObject([open])
    expect((await withToken('/v1/revocations', 'POST', json(invite) as object)).status).toBe(200)
    expect(json(await withToken('/v1/rooms/Loft/invites'))).toMatchObject([{ ...open, state: 'revoked' }])
    expect(json(await withToken('/v1/rooms/Loft/close', 'POST'))).toMatchObject({ ended: 'closed' })
    expect((await withToken('/v1/rooms/Loft/messages', 'POST', { text: 'still' })).status).toBe(403)
  })

  test.each([
    ['a history that is none', '/v1/rooms', { name: 'Attic', history: 'some' }, 400],
    ['a history of an open room', '/v1/rooms', { name: 'Attic', open: true, history: 'all' }, 400],
    ['an invite into an open room', '/v1/rooms/Talk/invites', {}, 403],
    ['a revocation of no invite', '/v1/revocations', { invite: 'x' }, 400]
  ])('%s is refused', async (_, path, body, status) => {
    expect((await withToken(path, 'POST', body)).status).toBe(status)
  })
})

test('bytes that are no request are answered with 400, and the next one is served', async () => {
  const { hostname, port } = new URL(ready.http)
  const socket = connect(Number(port), hostname)
  socket.end('\u0016\u0003\u0001 garbage\r\n\r\n')
  const chunks: Buffer[] = []
  for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk)
  expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 400 /)
  expect((await get('/health')).status).toBe(200)
})

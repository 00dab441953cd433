import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { defaultListen } from '../../src/node/peer/ports.ts'
import { temporaryFolder } from './program.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>

beforeEach(async () => {
  folder = await temporaryFolder()
})

afterEach(() => folder.remove())

function portsIn(addresses: readonly string[]): string[] {
  return [...new Set(addresses.flatMap(address => /\/(?:tcp|udp)\/(\d+)/.exec(address)?.[1] ?? []))]
}

test('a peer listens on tcp, ws and webrtc-direct, at the ports of its last run', async () => {
  const first = await defaultListen(folder.path, true)
  expect(await defaultListen(folder.path, true)).toEqual(first)
  expect(first).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^\/ip4\/0\.0\.0\.0\/tcp\/\d+$/),
      expect.stringMatching(/^\/ip4\/0\.0\.0\.0\/tcp\/\d+\/ws$/),
      expect.stringMatching(/^\/ip4\/0\.0\.0\.0\/udp\/\d+\/webrtc-direct$/),
      '/webrtc'
    ])
  )
  expect(portsIn(first)).toHaveLength(3)
  expect((await defaultListen(folder.path, false)).join()).not.toContain('webrtc')
})

test('a port that is taken meanwhile is replaced, the others stay', async () => {
  const [tcp = '', ws = '', webrtc = ''] = portsIn(await defaultListen(folder.path, true))
  const server = createServer().listen(Number(ws))
  const socket = createSocket('udp4').bind(Number(webrtc))
  await Promise.all([server, socket].map(each => new Promise(resolve => each.once('listening', resolve))))
  const next = portsIn(await defaultListen(folder.path, true))
  server.close()
  socket.close()
  expect(next[0]).toBe(tcp)
  expect(next).not.toContain(ws)
  expect(next).not.toContain(webrtc)
})

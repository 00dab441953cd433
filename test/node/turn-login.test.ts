import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { QUIET, startProgram, temporaryFolder, untilReady, type Program } from './program.ts'
import { rawRequest } from './raw-request.ts'

/** What a peer with this fixed login tells of its TURN servers, and the events that it printed by then. */
async function withLogin(login: string): Promise<{ peer: Program; servers: unknown }> {
  const folder = await temporaryFolder()
  onTestFinished(() => folder.remove())
  const data = join(folder.path, 'data')
  const turn = ['--turn', 'turn:127.0.0.1:9', '--turn-user', login]
  const peer = startProgram(['up', '--data', data, '--json', ...QUIET, ...turn])
  onTestFinished(() => peer.stop('SIGKILL').then(() => undefined))
  const { http } = await untilReady(peer)
  const token = (await readFile(join(data, 'token'), 'utf8')).trim()
  const answer = await rawRequest(http, '/v1/turn', { authorization: `Bearer ${token}` })
  return { peer, servers: (JSON.parse(answer.body.toString()) as { iceServers: unknown }).iceServers }
}

test('a login whose time is over is said so, and its server is not used', async () => {
  const { peer, servers } = await withLogin('1600000000:anna:secret')
  const warning = await peer.line(line => line.includes('"code":"turn-over"'))
  expect(warning).toContain('ended at 2020-09-13T12:26:40.000Z')
  expect(servers).toEqual([])
})

test('one with time left is used, its name with the colon', async () => {
  const later = Math.floor(Date.now() / 1000) + 3600
  const { peer, servers } = await withLogin(`${later}:anna:se:cret`)
  expect(servers).toEqual([{ urls: 'turn:127.0.0.1:9', username: `${later}:anna`, credential: 'se:cret' }])
  expect((await peer.stop()).out).not.toContain('turn-over')
})

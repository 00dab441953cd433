import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { NodeReport as Report } from '../../src/node/doctor/report.ts'
import { start } from '../e2e/starling.ts'
import { NatLab, whyNoNats, type Router } from './lab/nat-lab.ts'

const ROUTER = fileURLToPath(new URL('./router-process.ts', import.meta.url))
const missing = whyNoNats()
const skipped = missing === undefined ? '' : ` (skipped: ${missing})`

/** Has the router open ports by this protocol; what it says that it did. */
async function speak({ space, subnet }: Router, protocol: string): Promise<string[]> {
  const wan = execFileSync('ip', ['-n', space, '-4', '-o', 'address', 'show', 'wan']).toString()
  const external = /inet ([\d.]+)/.exec(wan)?.[1] ?? ''
  const words = ['netns', 'exec', space, process.execPath, ROUTER, protocol, `${subnet}.1`, external]
  const child = spawn('ip', words, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const log: string[] = []
  const lines = createInterface({ input: child.stdout })
  lines.on('line', line => log.push(line))
  await once(lines, 'line')
  return log
}

async function relaysIn(lab: NatLab): Promise<string[]> {
  const words: string[] = []
  for (const name of ['one', 'two']) {
    const host = lab.host(name, 'open')
    const listen = `/ip4/${host.address}/tcp/4001`
    const relay = ['relay', '--http', '127.0.0.1:0', '--no-mdns', '--listen', listen, '--announce', listen]
    const { peer } = await (await start(name, relay, { wrap: host.wrap })).ready()
    words.push('--bootstrap', `${listen}/p2p/${peer}`)
  }
  return words
}

describe.skipIf(missing !== undefined)(`a router that opens ports${skipped}`, () => {
  test.for(['nat-pmp', 'upnp'] as const)('by %s makes a peer behind it one that others dial', async protocol => {
    const lab = new NatLab()
    onTestFinished(() => lab.remove())
    const relays = await relaysIn(lab)
    const router = lab.router('home', 'port-restricted')
    const log = await speak(router, protocol)
    const home = lab.behind('anna', router)
    const quiet = ['--http', '127.0.0.1:0', '--no-mdns', '--no-webrtc']
    const anna = await start('anna', ['up', ...quiet, ...relays], { wrap: home.wrap })

    const report = await vi.waitFor(
      async () => {
        const found = JSON.parse((await anna.run('doctor', '--json')).stdout) as Report
        expect(found.addresses.tried.filter(({ announced }) => announced)).toHaveLength(2)
        expect(found.summary).toBe('Others reach you directly.')
        return found
      },
      { timeout: 60_000, interval: 500 }
    )
    expect(report.router).toMatchObject({ protocol, externalHost: expect.stringMatching(/^44\./) })
    expect(report.router.ports).toHaveLength(2)
    expect(report.router.advice).toContain('passes 2 ports on')
    expect(report.addresses.tried.map(({ source, reached, missed }) => [source, reached, missed])).toEqual([
      ['mapped', 2, 0],
      ['mapped', 2, 0]
    ])

    const { peer } = await anna.ready()
    const dialled = report.addresses.tried.find(({ address }) => /\/tcp\/\d+\/p2p\//.test(address))?.address ?? ''
    const outside = lab.host('bob', 'open')
    const bob = await start('bob', ['up', ...quiet, '--no-upnp', '--no-dht', '--bootstrap', dialled], {
      wrap: outside.wrap
    })
    await bob.event(
      'reaching anna',
      event => event.event === 'peer' && event['peer'] === peer && event['path'] === 'direct'
    )

    expect(await anna.stop()).toBe(0)
    await vi.waitFor(() => expect(log.filter(line => line.startsWith('close'))).toHaveLength(2))
  })
})

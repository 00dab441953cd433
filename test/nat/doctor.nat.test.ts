import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { NodeReport as Report } from '../../src/node/doctor/report.ts'
import { start, temporaryFolder } from '../e2e/starling.ts'
import type { NatKind } from './lab/nat-kind.ts'
import { NatLab, whyNoNats, type Host } from './lab/nat-lab.ts'

const LAUNCHER = fileURLToPath(new URL('../../starling', import.meta.url))
const STUN_SERVER = fileURLToPath(new URL('./stun-server-process.ts', import.meta.url))
const LIAR = fileURLToPath(new URL('./lying-relay-process.ts', import.meta.url))
const missing = whyNoNats()
/** Most of the time is waiting for what does not come. */
const AT_A_TIME = 3
const skipped = missing === undefined ? '' : ` (skipped: ${missing})`

interface Outside {
  readonly lab: NatLab
  /** The words that tell a peer of all of it, by the relays' usual port or by that of the web. */
  readonly words: readonly string[]
  readonly webWords: readonly string[]
}

/** Two relays on the Internet, with their STUN servers; the second one's may lie. */
async function outside(lie?: string): Promise<Outside> {
  const lab = new NatLab()
  onTestFinished(() => lab.remove())
  const [words, webWords]: [string[], string[]] = [[], []]
  for (const name of ['one', 'two']) {
    const relay = lab.host(name, 'open')
    const at = (port: string): string => `/ip4/${relay.address}/tcp/${port}`
    const places = ['4001', '443', '4002/ws'].map(at).flatMap(place => ['--listen', place, '--announce', place])
    const isLiar = name === 'two' && lie !== undefined
    const own = isLiar ? ['--stun-port', '0'] : []
    const args = ['relay', '--http', '127.0.0.1:0', '--no-mdns', ...places, ...own]
    const { peer } = await (await start(name, args, { wrap: relay.wrap })).ready()
    if (isLiar) await startIn(relay, STUN_SERVER, relay.address, '3478', lie)
    const stun = isLiar ? ['--stun', `stun:${relay.address}:3478`] : []
    words.push('--bootstrap', `${at('4001')}/p2p/${peer}`, ...stun)
    webWords.push('--bootstrap', `${at('443')}/p2p/${peer}`, ...stun)
  }
  return { lab, words, webWords }
}

/** Runs a program on the host until the test ends; its first line. */
async function startIn(host: Host, program: string, ...words: string[]): Promise<string[]> {
  const [command = '', ...inside] = host.wrap
  const child = spawn(command, [...inside, process.execPath, program, ...words], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return (await once(createInterface({ input: child.stdout }), 'line')) as string[]
}

async function examine(host: Host, words: readonly string[]): Promise<Report> {
  const [command = '', ...inside] = host.wrap
  const args = [LAUNCHER, 'doctor', '--json', '--no-mdns', ...words, '--data', await temporaryFolder()]
  const child = spawn(command, [...inside, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let [out, errors] = ['', '']
  child.stdout.on('data', chunk => (out += String(chunk)))
  child.stderr.on('data', chunk => (errors += String(chunk)))
  const [code] = (await once(child, 'close')) as [number]
  expect({ code, errors: code === 0 ? '' : errors }).toEqual({ code: 0, errors: '' })
  return JSON.parse(out) as Report
}

type Told = Pick<Report['nat'], 'kind' | 'mapping' | 'filtering' | 'portStep'> & { tcp: string; ice: string }

const CONE = { mapping: 'endpoint-independent', portStep: null, tcp: 'endpoint-independent', ice: 'srflx' } as const
const STRICT = { filtering: 'address-and-port-dependent' } as const
const SILENT = { kind: 'blocked', mapping: 'unknown', filtering: 'unknown', portStep: null, ice: 'none' } as const

const TOLD: Readonly<Record<NatKind, Told>> = {
  open: { kind: 'open', mapping: 'none', filtering: 'endpoint-independent', portStep: null, tcp: 'none', ice: 'srflx' },
  'full-cone': { ...CONE, kind: 'full-cone', filtering: 'endpoint-independent' },
  'address-restricted': { ...CONE, kind: 'address-restricted-cone', filtering: 'address-dependent' },
  'port-restricted': { ...CONE, ...STRICT, kind: 'port-restricted-cone' },
  double: { ...CONE, ...STRICT, kind: 'port-restricted-cone' },
  'symmetric-random': {
    ...STRICT,
    kind: 'symmetric',
    mapping: 'address-dependent',
    portStep: null,
    tcp: 'address-dependent',
    ice: 'srflx'
  },
  'symmetric-sequential': {
    ...STRICT,
    kind: 'symmetric',
    mapping: 'address-dependent',
    portStep: 256,
    tcp: 'address-dependent',
    ice: 'srflx'
  },
  'udp-blocked': { ...SILENT, tcp: 'endpoint-independent' },
  'only-443': { ...SILENT, tcp: 'endpoint-independent' }
}

function toldBy({ nat, candidates }: Report): Told {
  const { kind, mapping, filtering, portStep, tcp } = nat
  return { kind, mapping, filtering, portStep, tcp: tcp.mapping, ice: candidates.srflx.length > 0 ? 'srflx' : 'none' }
}

function expectRelayed({ transports, relays, warnings }: Report, kind: NatKind): void {
  const state = new Map(transports.map(trial => [trial.transport, trial.state]))
  expect([state.get('tcp'), state.get('circuit')]).toEqual(['works', 'works'])
  expect([kind, state.get('ws')]).toEqual([kind, kind === 'only-443' ? 'fails' : 'works'])
  expect(relays.known.filter(({ place, isOutside }) => place && isOutside)).toHaveLength(2)
  expect(warnings).toEqual([])
}

describe.skipIf(missing !== undefined)(`the doctor behind a router of the kernel${skipped}`, () => {
  test('tells every kind', async () => {
    const { lab, words, webWords } = await outside()
    const waiting = (Object.keys(TOLD) as NatKind[]).values()
    const told: Partial<Record<NatKind, Told>> = {}
    const work = async (): Promise<void> => {
      for (const kind of waiting) {
        const report = await examine(lab.host(`in-${kind}`, kind), kind === 'only-443' ? webWords : words)
        told[kind] = toldBy(report)
        expectRelayed(report, kind)
      }
    }
    await Promise.all(Array.from({ length: AT_A_TIME }, work))
    expect(told).toEqual(TOLD)
  })

  test('has an IPv6 address announced once two relays have reached it', async () => {
    const lab = new NatLab()
    onTestFinished(() => lab.remove())
    const words: string[] = []
    for (const name of ['one', 'two']) {
      const host = lab.host(name, 'open')
      const listen = `/ip6/2a00:44::${host.address.split('.')[3]}/tcp/4001`
      const relay = ['relay', '--http', '127.0.0.1:0', '--no-mdns', '--listen', listen, '--announce', listen]
      const { peer } = await (await start(name, relay, { wrap: host.wrap })).ready()
      words.push('--bootstrap', `${listen}/p2p/${peer}`)
    }
    const inside = lab.host('inside', 'open')
    const own = `2a00:44::${inside.address.split('.')[3]}`
    const report = await examine(inside, [...words, '--no-webrtc', '--listen', '/ip6/::/tcp/4001'])
    expect(report.addresses.seen).toEqual([own])
    expect(report.addresses.tried).toMatchObject([
      { address: expect.stringContaining(`/ip6/${own}/tcp/4001/`), source: 'listening', reached: 2, announced: true }
    ])
    expect(report.summary).toBe('Others reach you directly.')
  })

  test('neither believes nor announces the victim that a relay names', async () => {
    const { lab, words } = await outside()
    const liar = lab.host('liar', 'open')
    const listen = `/ip4/${liar.address}/tcp/4001`
    const [address] = await startIn(liar, LIAR, listen, '/ip4/8.8.8.8/tcp/53')
    const report = await examine(lab.host('inside', 'full-cone'), [...words, '--bootstrap', address ?? ''])
    expect(report.warnings).toEqual([
      expect.stringMatching(/^Most relays see this peer at 44\.0\.0\.\d+, but .* says 8\.8\.8\.8/)
    ])
    expect(report.addresses.seen).toEqual([expect.stringMatching(/^44\./)])
    expect(report.addresses.tried.filter(({ announced }) => announced)).toEqual([])
    expect(report.nat.kind).toBe('full-cone')
    expect(report.clock.advice).toBe('Your clock is right.')
  })

  test('says so when two relays contradict each other', async () => {
    const { lab, words } = await outside('8.8.8.8')
    const { nat } = await examine(lab.host('inside', 'port-restricted'), words)
    expect(nat).toMatchObject({ kind: 'unknown', advice: expect.stringContaining('contradict each other') })
  })

  test('says that one relay cannot tell', async () => {
    const { lab, words } = await outside()
    const { nat } = await examine(lab.host('inside', 'port-restricted'), words.slice(0, 2))
    expect(nat).toMatchObject({ kind: 'unknown', advice: expect.stringContaining('you know only one') })
  })
})

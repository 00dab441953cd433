import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { findRunningPeer } from '../../src/node/access/api-client.ts'
import { LAUNCHER, Running } from '../e2e/running.ts'
import type { Host } from './lab/nat-lab.ts'

/** What came of one meeting of two peers. */
export interface Trial {
  readonly talked: boolean
  /** The best path by the end. */
  readonly path: string
  /** From both in the room to the first connection, and from there to the path at the end; milliseconds. */
  readonly connectedAfter: number | undefined
  readonly upgradedAfter: number | undefined
  readonly sent: number
  readonly lost: number
  readonly twice: number
}

const DIRECT = ['direct', 'punched', 'webrtc', 'turn']
/** A direct way that is not found by now is not counted. */
const LIMIT = 15_000
/** Messages go on for so long after the better path is there. */
const AFTERWARDS = 1_500
const MESSAGE_EVERY = 100
const ARRIVAL_LIMIT = 20_000

/** Starts a program of ours on a host, and gives what ends it with its data. */
export async function launch(host: Host, args: readonly string[]): Promise<{ running: Running; end(): Promise<void> }> {
  const data = await mkdtemp(`${tmpdir()}/starling-reach-`)
  const [command, ...rest] = [...host.wrap, LAUNCHER, ...args, '--data', data, '--json']
  const child = spawn(command ?? LAUNCHER, rest, { stdio: ['ignore', 'pipe', 'pipe'] })
  const running = new Running(host.name, data, child)
  const end = async (): Promise<void> => {
    await running.stop('SIGKILL')
    await rm(data, { recursive: true, force: true })
  }
  try {
    await running.ready()
  } catch (thrown) {
    await end()
    throw new Error(running.log, { cause: thrown })
  }
  return { running, end }
}

/** Two peers join one room at the same moment, and one talks from the first connection on, through what the paths become. */
export async function meetAndTalk(hosts: readonly [Host, Host], args: readonly string[]): Promise<Trial> {
  const flags = ['up', '--http', '127.0.0.1:0', '--no-mdns', '--no-relay', ...args]
  const started = await Promise.all(hosts.map(host => launch(host, flags)))
  try {
    const [anna, bob] = started.map(({ running }) => running)
    if (anna === undefined || bob === undefined) throw new Error('two were started')
    return await observe(anna, bob)
  } finally {
    await Promise.all(started.map(({ end }) => end()))
  }
}

async function observe(anna: Running, bob: Running): Promise<Trial> {
  const clients = await Promise.all([anna, bob].map(({ data }) => findRunningPeer(data)))
  const join = { method: 'POST', body: { name: 'lobby', open: true } } as const
  await Promise.all(clients.map(async client => client?.call('/v1/rooms', join)))
  const start = performance.now()
  const since = (): number => performance.now() - start
  const { peer } = await bob.ready()
  const paths = (): string[] =>
    anna.events.flatMap(each => (each.event === 'peer' && each['peer'] === peer ? [String(each['path'])] : []))

  const sent: string[] = []
  let [connectedAfter, upgradedAfter]: (number | undefined)[] = []
  let end = LIMIT
  while (since() < end) {
    const path = paths().at(-1) ?? 'none'
    if (path !== 'none') connectedAfter ??= since()
    if (DIRECT.includes(path) && upgradedAfter === undefined) {
      upgradedAfter = since()
      end = Math.min(end, upgradedAfter + AFTERWARDS)
    }
    if (connectedAfter !== undefined) {
      const text = `message ${sent.length + 1}`
      sent.push(text)
      await clients[0]?.call('/v1/rooms/lobby/messages', { method: 'POST', body: { text } })
    }
    await new Promise(resolve => setTimeout(resolve, MESSAGE_EVERY))
  }
  const last = sent.at(-1)
  if (last !== undefined) await bob.hears(last, ARRIVAL_LIMIT).catch(() => undefined)
  for (const text of sent) await bob.hears(text, 2_000).catch(() => undefined)
  const heard = bob.events.filter(each => each.event === 'message').map(each => String(each['text']))
  return {
    talked: sent.length > 0 && sent.every(text => heard.includes(text)),
    path: paths().at(-1) ?? 'none',
    connectedAfter,
    upgradedAfter:
      upgradedAfter === undefined || connectedAfter === undefined ? undefined : upgradedAfter - connectedAfter,
    sent: sent.length,
    lost: sent.filter(text => !heard.includes(text)).length,
    twice: heard.length - new Set(heard).size
  }
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RandomBytes } from '../../src/core/bytes/index.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { FleetPeer } from './fleet.ts'

export interface CampaignOptions {
  readonly peers: number
  /** Milliseconds of talk and kills; the healing after it comes on top. */
  readonly duration: number
  readonly seed: number
  readonly report: (line: string) => void
}

export interface CampaignResult {
  readonly acknowledged: number
  readonly kills: number
  /** Messages at every peer in the end, those among them that were stored but not acknowledged in time. */
  readonly messages: number
  /** Acknowledged messages that some peer does not show in the end, by peer. */
  readonly lost: readonly string[]
  /** Whether all show the same messages in the same order. */
  readonly isAgreed: boolean
}

/** Between the kills of a random third of the peers. */
const KILL_PERIOD = 4000
/** Between the messages of one peer. */
const SEND_PERIOD = 300
/** How long a peer stays away. */
const AWAY = 1000
/** Peers that know all others' way: the first ones; no less than one of them is needed to find the rest. */
const MEETING_PEERS = 3
/** In the end all must agree; a machine that is busy may take this long. */
const HEALING = 180_000

/**
 * Peers that talk while a random third of them is killed with SIGKILL every few seconds, each a process of its own with
 * its own data folder. Every store must open again, and in the end everybody shows all that anybody was told is sent.
 */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-chaos-'))
  const fleet: FleetPeer[] = []
  try {
    await launch(fleet, folder, options.peers)
    return await campaign(fleet, options)
  } finally {
    await Promise.all(fleet.map(peer => peer.kill()))
    await rm(folder, { recursive: true, force: true })
  }
}

async function launch(fleet: FleetPeer[], folder: string, count: number): Promise<void> {
  const bootstrap: string[] = []
  for (let index = 0; index < count; index += 1) {
    const peer = await FleetPeer.create(`peer ${index}`, join(folder, String(index)), bootstrap)
    fleet.push(peer)
    const [address] = await peer.start()
    if (address !== undefined && index < MEETING_PEERS) bootstrap.push(address)
  }
}

async function campaign(fleet: readonly FleetPeer[], options: CampaignOptions): Promise<CampaignResult> {
  const { report, duration, seed } = options
  const random = seededRandom(seed)
  const end = Date.now() + duration
  const acknowledged = new Set<string>()
  let kills = 0
  await Promise.all([...fleet.map(talk), killing()])
  report(`${acknowledged.size} messages acknowledged, ${kills} kills; waiting until all agree`)
  return settle(fleet, acknowledged, kills)

  async function talk(peer: FleetPeer): Promise<void> {
    for (let line = 1; Date.now() < end; line += 1) {
      if (peer.isRunning) {
        const id = await peer.send(`${peer.name}, line ${line}`)
        if (id !== undefined) acknowledged.add(id)
      }
      await sleep(SEND_PERIOD)
    }
  }

  async function killing(): Promise<void> {
    while (Date.now() + KILL_PERIOD < end) {
      await sleep(KILL_PERIOD)
      const victims = shuffled(fleet, random).slice(0, Math.ceil(fleet.length / 3))
      await Promise.all(victims.map(victim => victim.kill()))
      kills += victims.length
      await sleep(AWAY)
      await Promise.all(victims.map(victim => victim.start()))
      report(`killed and started again: ${victims.map(({ name }) => name).join(', ')}`)
    }
  }
}

function shuffled<T>(list: readonly T[], random: RandomBytes): T[] {
  const drawn = list.map(each => ({ each, lot: Buffer.from(random(4)).readUInt32BE() }))
  return drawn.sort((a, b) => a.lot - b.lot).map(({ each }) => each)
}

async function settle(
  fleet: readonly FleetPeer[],
  acknowledged: ReadonlySet<string>,
  kills: number
): Promise<CampaignResult> {
  const deadline = Date.now() + HEALING
  for (;;) {
    const shown = await Promise.all(fleet.map(peer => peer.read()))
    const isAgreed = new Set(shown.map(ids => ids.join())).size === 1
    const lost = fleet.flatMap((peer, index) => {
      const here = new Set(shown[index])
      return [...acknowledged].filter(id => !here.has(id)).map(id => `${id} at ${peer.name}`)
    })
    const result = { acknowledged: acknowledged.size, kills, messages: shown[0]?.length ?? 0, lost, isAgreed }
    if ((isAgreed && lost.length === 0) || Date.now() > deadline) return result
    await sleep(500)
  }
}

import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { findRunningPeer } from '../../src/node/access/api-client.ts'
import type { Running } from '../e2e/starling.ts'
import { whyNoNats } from './lab/nat-lab.ts'
import { labWithRelays, reached, startPair } from './pair.ts'

const missing = whyNoNats()
const LIMIT = 60_000
const MESSAGE_EVERY = 100

/** Talks until it is told to stop; what it said. */
function talk(speaker: Running): () => Promise<string[]> {
  const said: string[] = []
  let goesOn = true
  const talking = (async () => {
    const client = await findRunningPeer(speaker.data)
    for (; goesOn; await setTimeout(MESSAGE_EVERY)) {
      const text = `${speaker.name} ${said.length + 1}`
      await client?.call('/v1/rooms/lobby/messages', { method: 'POST', body: { text } })
      said.push(text)
    }
  })()
  return async () => {
    goesOn = false
    await talking
    return said
  }
}

function heardBy(listener: Running): string[] {
  return listener.events.filter(({ event }) => event === 'message').map(each => String(each['text']))
}

/** Something said after this moment has been heard by the other. */
async function goesOn(listener: Running): Promise<void> {
  const before = heardBy(listener).length
  // What was on its way before counts for nothing: more than a second's talk has to come.
  await expect.poll(() => heardBy(listener).length, { timeout: LIMIT }).toBeGreaterThan(before + 20)
}

async function hasPlaceAt(peer: Running, relay: string): Promise<void> {
  const relays = async (): Promise<string> => (await peer.run('status', '--json')).stdout
  await expect
    .poll(async () => (JSON.parse(await relays()) as { relays: { peer: string }[] }).relays.map(each => each.peer), {
      timeout: LIMIT,
      interval: 500
    })
    .toContain(relay)
}

describe.skipIf(missing !== undefined)(
  `Relays that die${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    test('and come back cost two who can only be relayed no message, and none is shown twice', async () => {
      const relays = await labWithRelays(2)
      const [anna, bob] = await startPair(relays, ['symmetric-random', 'symmetric-random'], ['--no-webrtc'])
      if (anna === undefined || bob === undefined) throw new Error('two were started')
      await Promise.all([reached(anna, bob, ['relayed'], LIMIT), reached(bob, anna, ['relayed'], LIMIT)])
      const [first = '', second = ''] = await Promise.all(relays.running.map(async relay => (await relay.ready()).peer))
      for (const peer of [anna, bob]) for (const relay of [first, second]) await hasPlaceAt(peer, relay)
      const stops = [talk(anna), talk(bob)]
      await Promise.all([goesOn(anna), goesOn(bob)])

      for (const [place, relay] of [first, second].entries()) {
        await relays.running[place]?.stop('SIGKILL')
        await Promise.all([goesOn(anna), goesOn(bob)])
        await relays.restart(place)
        await Promise.all([hasPlaceAt(anna, relay), hasPlaceAt(bob, relay)])
      }

      const [byAnna = [], byBob = []] = await Promise.all(stops.map(stop => stop()))
      for (const [said, listener] of [
        [byAnna, bob],
        [byBob, anna]
      ] as const) {
        await listener.hears(said.at(-1) ?? '')
        await expect.poll(() => said.filter(text => !heardBy(listener).includes(text)), { timeout: LIMIT }).toEqual([])
        const heard = heardBy(listener)
        expect(heard.length).toBe(new Set(heard).size)
      }
      const { peer } = await bob.ready()
      const paths = anna.events.flatMap(each => (each['peer'] === peer && each.event === 'peer' ? [each['path']] : []))
      expect(paths.filter(path => path !== 'relayed' && path !== 'none')).toEqual([])
    })
  }
)

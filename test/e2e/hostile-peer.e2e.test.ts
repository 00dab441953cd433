import { once } from 'node:events'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import type { IdentifyResult } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { expect, onTestFinished, test } from 'vitest'
import { encodeUtf8, expectValue } from '../../src/core/bytes/index.ts'
import { dayOf, exchangeKeys, gossipTopic, openRoom } from '../../src/core/encryption/index.ts'
import { hostileBytes } from '../support/hostile-bytes.ts'
import { addressOf, LOOPBACK, startPeer } from './starling.ts'

const room = expectValue(openRoom('lobby'))
const STREAMS_PER_PROTOCOL = 20
const MESSAGES = 300

/** A peer of another make, which speaks libp2p and means harm. */
async function attacker() {
  const node = await createLibp2p({
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), pubsub: gossipsub({ globalSignaturePolicy: 'StrictNoSign' }) }
  })
  onTestFinished(() => node.stop())
  return node
}

test('a peer that sends random bytes on every protocol and topic disturbs nobody', async () => {
  const anna = await startPeer('anna', LOOPBACK)
  const target = multiaddr(await addressOf(anna))
  const bob = await startPeer('bob', [...LOOPBACK, '--bootstrap', target.toString()])
  expect(await bob.run('send', 'lobby', 'before', '--wait', '1')).toMatchObject({ code: 0 })

  const node = await attacker()
  const identified = once(node, 'peer:identify')
  await node.dial(target)
  const { protocols } = ((await identified) as [CustomEvent<IdentifyResult>])[0].detail
  expect(protocols).toContain('/starling/room/1')
  expect(protocols.some(protocol => protocol.startsWith('/starling/kad'))).toBe(true)

  const tag = exchangeKeys(room.rendezvousSecrets()[0], dayOf(Date.now())).tag
  const samples = [Uint8Array.from([200, 1, ...tag, ...new Uint8Array(300)]), encodeUtf8('\u0010'.repeat(80))]
  for (const protocol of protocols) {
    for (const bytes of hostileBytes(samples, STREAMS_PER_PROTOCOL)) {
      // Refused, reset or read to the end: which one is the other side's choice, as long as it lives.
      const live = node.getConnections()[0] ?? (await node.dial(target))
      const stream = await live.newStream(protocol).catch(() => undefined)
      try {
        stream?.send(bytes)
        await stream?.close({ signal: AbortSignal.timeout(1000) })
      } catch {
        stream?.abort(new Error('done'))
      }
    }
  }

  const topic = gossipTopic(room.rendezvousSecrets()[0], dayOf(Date.now()))
  node.services.pubsub.subscribe(topic)
  await node.dial(target)
  await expect.poll(() => node.services.pubsub.getSubscribers(topic).length, { timeout: 30_000 }).toBeGreaterThan(0)
  for (const bytes of hostileBytes([new Uint8Array(700)], MESSAGES)) {
    await node.services.pubsub.publish(topic, bytes).catch(() => undefined)
  }

  expect(await anna.run('send', 'lobby', 'still here', '--wait', '1')).toMatchObject({ code: 0 })
  await bob.hears('still here')
  const { stdout } = await anna.run('read', 'lobby', '--json')
  expect(stdout.trim().split('\n')).toHaveLength(2)
})

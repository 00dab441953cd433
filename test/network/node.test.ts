import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { webRTCDirect } from '@libp2p/webrtc'
import { tcp } from '@libp2p/tcp'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { EnvironmentError, UsageError } from '../../src/core/bytes/index.ts'
import { createCast, ownAddresses } from './network-cast.ts'

const cast = createCast()
afterEach(() => cast.release())

test('The PeerId and the certificate hash survive a restart', async () => {
  const options = {
    transports: [tcp(), webRTCDirect({ rtcConfiguration: { iceServers: [] } })],
    listen: ['/ip4/127.0.0.1/udp/0/webrtc-direct']
  }
  const certificate = (addresses: string[]): string | undefined => /certhash\/([^/]+)/.exec(addresses.join(' '))?.[1]
  const first = await cast.relay(options)
  const hash = certificate(first.network.addresses())
  expect(hash).toMatch(/^uEi/)
  await first.leave()
  const again = await cast.relay({ ...options, folder: first.folder })
  expect(again.network.self).toBe(first.network.self)
  expect(certificate(again.network.addresses())).toBe(hash)
})

test('A webrtc-direct address at which nobody answers is given up long before the caller would', async () => {
  const silent = createSocket('udp4').bind(0, '127.0.0.1')
  onTestFinished(() => void silent.close())
  await once(silent, 'listening')
  const peer = '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'
  const hash = 'uEiAkH5a4DPGKUuOBjYw0CgwjLa2R_RF71v86aVxlqdKNOQ'
  const address = `/ip4/127.0.0.1/udp/${silent.address().port}/webrtc-direct/certhash/${hash}/p2p/${peer}`
  const ann = await cast.enter({ transports: [webRTCDirect({ rtcConfiguration: { iceServers: [] } })], listen: [] })
  const patience = AbortSignal.timeout(30_000)
  await expect(ann.network.reach?.dial(address, patience)).rejects.toThrow('no answer in time')
  expect(patience.aborted).toBe(false)
})

test('Addresses are complete, and announced ones come along at once', async () => {
  const ann = await cast.enter({ announce: ['/dns4/ann.example/tcp/4001'] })
  expect(ann.network.addresses()).toEqual([`/dns4/ann.example/tcp/4001/p2p/${ann.network.self}`])
})

test('A port in use, and an address nothing here can listen at, are said in one line', async () => {
  const ann = await cast.enter()
  const taken = ownAddresses(ann)[0]?.replace(/\/p2p\/.*$/, '') ?? ''
  const refused = await cast.enter({ listen: [taken] }).catch((thrown: unknown) => thrown)
  expect(refused).toBeInstanceOf(EnvironmentError)
  expect(refused).toMatchObject({ message: `${taken} is in use by another program; stop it or listen at another port` })
  const odd = await cast.enter({ listen: ['/ip4/127.0.0.1/udp/0/quic-v1'] }).catch((thrown: unknown) => thrown)
  expect(odd).toBeInstanceOf(UsageError)
  expect(odd).toMatchObject({
    message: expect.stringMatching(/^nothing here can listen at \/ip4\/127.0.0.1\/udp\/0\/quic-v1;/)
  })
})

test('Stopping twice does no harm, and nothing is told afterwards', async () => {
  const ann = await cast.enter()
  await Promise.all([ann.network.stop(), ann.network.stop()])
  await ann.network.stop()
  expect(ann.network.peers()).toEqual([])
})

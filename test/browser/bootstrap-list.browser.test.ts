import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import {
  followBootstrapList,
  parseBootstrapList,
  rememberedList,
  type BootstrapList
} from '../../src/browser/bootstrap-list.ts'
import { emptyMemory } from './show.tsx'

const ONE = { addresses: ['/ip4/127.0.0.1/tcp/1/ws/p2p/a'], iceServers: [] }
const TWO = { addresses: ['/ip4/127.0.0.1/tcp/2/ws/p2p/a'], iceServers: [{ urls: ['stun:relay.example'] }] }

afterEach(() => vi.unstubAllGlobals())

/** The answers of the server, one after the other; the last one again and again. */
function answerWith(...answers: (BootstrapList | 'unreachable')[]) {
  const fetched = vi.fn<() => Promise<Response>>(async () => {
    const answer = answers.length > 1 ? answers.shift() : answers[0]
    if (answer === undefined || answer === 'unreachable') throw new TypeError('unreachable')
    return Response.json(answer)
  })
  vi.stubGlobal('fetch', fetched)
  return fetched
}

function follow(memory = emptyMemory()) {
  const used: BootstrapList[] = []
  const ended = new AbortController()
  onTestFinished(() => ended.abort())
  followBootstrapList(memory, list => used.push(list), ended.signal)
  return { used, memory, end: () => ended.abort() }
}

test('the list is used, and remembered for when it cannot be fetched', async () => {
  answerWith(ONE)
  const { used, memory } = follow()
  await expect.poll(() => used).toEqual([ONE])
  expect(rememberedList(memory)).toEqual(ONE)
})

test('while it cannot be fetched it is asked for again', async () => {
  answerWith('unreachable', 'unreachable', ONE)
  const { used } = follow()
  await expect.poll(() => used, { timeout: 20_000 }).toEqual([ONE])
})

test('coming online asks at once, and a list that changed is used, one that did not is not', async () => {
  const fetched = answerWith(ONE, ONE, TWO)
  const { used } = follow()
  await expect.poll(() => used).toEqual([ONE])
  dispatchEvent(new Event('online'))
  await expect.poll(() => fetched.mock.calls.length).toBe(2)
  dispatchEvent(new Event('online'))
  await expect.poll(() => used).toEqual([ONE, TWO])
})

test('once ended it asks no more', async () => {
  const fetched = answerWith(ONE)
  const { used, end } = follow()
  await expect.poll(() => used).toHaveLength(1)
  end()
  dispatchEvent(new Event('online'))
  expect(fetched).toHaveBeenCalledTimes(1)
})

test('what a browser cannot use is left out of the list, and it accepts the rest', () => {
  const long = `/dns4/${'a'.repeat(600)}/tcp/1/ws`
  const user = { username: 'anna', credential: 'secret' }
  const { addresses, iceServers } = parseBootstrapList({
    addresses: [...ONE.addresses, long, 7],
    iceServers: [
      { urls: ['https://relay.example', 'stun:relay.example:3478', 'stun:relay.example?transport=udp', 'stun:'] },
      { urls: 'turn:relay.example' },
      { urls: ['turns:[2001:db8::1]:443?transport=tcp', 'turn:relay.example:70000', 'turn:a b'], ...user },
      { urls: ['stuns:relay.example', 'turn:relay.example'], username: 'a'.repeat(600), credential: 'secret' },
      { urls: Array.from({ length: 50 }, (_, index) => `stun:relay${index}.example`) },
      { urls: 'javascript:1' },
      null
    ]
  })
  expect(addresses).toEqual(ONE.addresses)
  expect(iceServers).toEqual([
    { urls: ['stun:relay.example:3478'] },
    { urls: ['turns:[2001:db8::1]:443?transport=tcp'], ...user },
    { urls: ['stuns:relay.example'] },
    { urls: [0, 1, 2, 3].map(index => `stun:relay${index}.example`) }
  ])
  new RTCPeerConnection({ iceServers: [...iceServers] }).close()
})

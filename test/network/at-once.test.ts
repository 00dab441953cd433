import { afterEach, expect, onTestFinished, test } from 'vitest'
import { ASKED_AT_ONCE, askToJoin, serveJoins } from '../../src/core/chat/joining/join-exchange.ts'
import { encodeLetters } from '../../src/core/chat/keeper/mailbox-codec.ts'
import { lookForLetters, serveMailbox } from '../../src/core/chat/keeper/mailbox-exchange.ts'
import { connected, createCast, ownAddresses, type Actor } from './network-cast.ts'

const cast = createCast()
afterEach(() => cast.release())

const never = new AbortController().signal

async function two(): Promise<[asks: Actor, answers: Actor]> {
  const [asks, answers] = [await cast.enter(), await cast.enter()]
  asks.network.keep(ownAddresses(answers))
  await connected(asks, answers)
  return [asks, answers]
}

test('a device that asks to come into several rooms at once is answered for each', async () => {
  const [asks, answers] = await two()
  const all = Promise.withResolvers<void>()
  let came = 0
  const end = serveJoins(answers.network, async request => {
    came += 1
    if (came === ASKED_AT_ONCE) all.resolve()
    await all.promise
    return request
  })
  onTestFinished(end)
  const requests = Array.from({ length: ASKED_AT_ONCE }, (_, at) => Uint8Array.of(at))
  const asked = requests.map(request => askToJoin(asks.network, answers.network.self, request, never))
  expect(await Promise.all(asked)).toEqual(requests)
})

test('of a keeper one thing after the other is asked, whoever asks here', async () => {
  const [asks, answers] = await two()
  const end = serveMailbox(answers.network, async ask => encodeLetters('tag' in ask ? [ask.tag] : []))
  onTestFinished(end)
  const tags = Array.from({ length: 8 }, (_, at) => new Uint8Array(32).fill(at))
  const looked = tags.map(tag => lookForLetters(asks.network, answers.network.self, tag, never))
  expect(await Promise.all(looked)).toEqual(tags.map(tag => [tag]))
})

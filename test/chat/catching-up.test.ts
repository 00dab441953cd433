import { describe, expect, test } from 'vitest'
import { eventsOf, Story, transcript, type Actor } from '../support/story.ts'

const HISTORY = 300

/** Anna, who said a lot before anybody else came, with what Bob is told in the order in which he is told it. */
async function annaAndNewcomer() {
  const story = new Story()
  const anna = await story.enter('Anna')
  await anna.peer.joinOpenRoom('lobby')
  for (let index = 0; index < HISTORY; index += 1) await anna.peer.send('lobby', `message ${index}`)
  const bob = await story.enter('Bob')
  return { story, anna, bob }
}

function isCaughtUp(actor: Actor): boolean {
  return actor.peer.findRoom('lobby').catchingUp === undefined
}

describe('a newcomer', () => {
  test('is told that older messages are on their way, how many came, and when all are here', async () => {
    const { story, bob } = await annaAndNewcomer()
    const counts: number[] = []
    bob.peer.listen(event => {
      if (event.event === 'message') counts.push(bob.peer.findRoom('lobby').catchingUp ?? -1)
    })
    await bob.peer.joinOpenRoom('lobby')
    await story.until('it begins', () => !isCaughtUp(bob))
    await story.until('it is over', () => isCaughtUp(bob))
    expect(await transcript(bob, 'lobby')).toHaveLength(HISTORY)
    expect(counts).toEqual(counts.toSorted((a, b) => a - b))
    expect(counts).not.toContain(-1)
    expect(Math.max(...counts)).toBeGreaterThan(HISTORY / 2)
    const told = bob.events.map(({ event }) => event).filter(event => event.endsWith('-up') || event === 'gap')
    expect(told).toEqual(['catching-up', 'caught-up'])
    expect(bob.peer.findRoom('lobby').missing).toBe(0)
  })

  test('whose only teacher goes away half-way is told what is missing, and then of no more to come', async () => {
    const { story, anna, bob } = await annaAndNewcomer()
    await bob.peer.joinOpenRoom('lobby')
    await story.until('some are here', () => (bob.peer.findRoom('lobby').catchingUp ?? 0) > 0)
    story.network.discovery = false
    story.network.disconnect(anna.network, bob.network)
    await story.until('it is over', () => isCaughtUp(bob))
    expect((await transcript(bob, 'lobby')).length).toBeLessThan(HISTORY)
    await story.until('the gap is told', () => (eventsOf(bob, 'gap').at(-1)?.missing ?? 0) > 0)
  })
})

test('who has all there is hears of nothing to come when others come and go', async () => {
  const { story, anna, bob } = await annaAndNewcomer()
  await bob.peer.joinOpenRoom('lobby')
  await story.until('Bob has all', () => eventsOf(bob, 'message').length === HISTORY && isCaughtUp(bob))
  const before = eventsOf(bob, 'catching-up').length
  story.network.disconnect(anna.network, bob.network)
  await story.wait(60_000)
  story.network.connect(anna.network, bob.network)
  await bob.peer.send('lobby', 'one message')
  await story.until('Anna has it', () => eventsOf(anna, 'message').at(-1)?.text === 'one message')
  await story.wait(60_000)
  expect(eventsOf(bob, 'catching-up')).toHaveLength(before)
  expect(isCaughtUp(bob) && isCaughtUp(anna)).toBe(true)
})

import { describe, expect, test } from 'vitest'
import { eventsOf, Story, type Actor } from '../support/story.ts'

function told(actor: Actor): string[] {
  return eventsOf(actor, 'warning').flatMap(({ code, text }) => (code === 'members-unreachable' ? [text] : []))
}

describe('a newcomer whose link names members that do not answer', () => {
  test('is told once what it takes, and gets in when one of them comes', async () => {
    const story = new Story()
    const anna = await story.enter('Anna')
    const bob = await story.enter('Bob')
    await anna.peer.joinOpenRoom('lobby')
    await bob.peer.joinOpenRoom('lobby')
    const addresses = [...anna.network.addresses(), ...bob.network.addresses()]
    await anna.peer.stop()
    await bob.peer.stop()

    const cy = await story.enter('Cy')
    await cy.peer.joinOpenRoom('lobby', addresses)
    await story.until('Cy is told', () => told(cy).length > 0)
    expect(told(cy)[0]).toMatch(/^Nobody known in lobby answers\. It takes one member who is online/)
    await cy.peer.joinOpenRoom('lobby', addresses)
    await story.wait(60_000)
    expect(told(cy)).toHaveLength(1)

    const again = await story.enter('Anna', anna.storage)
    await again.peer.send('lobby', 'back')
    await story.until('Cy hears', () => eventsOf(cy, 'message').some(({ text }) => text === 'back'))
    expect(told(cy)).toHaveLength(1)
  })

  test('is told nothing while somebody else of the room is there', async () => {
    const story = new Story()
    const anna = await story.enter('Anna')
    await anna.peer.joinOpenRoom('lobby')
    const addresses = anna.network.addresses()
    const bob = await story.enter('Bob')
    await bob.peer.joinOpenRoom('lobby')
    await anna.peer.stop()
    const cy = await story.enter('Cy')
    await cy.peer.joinOpenRoom('lobby')
    await story.until('Cy meets Bob', () => eventsOf(cy, 'member').some(({ change }) => change === 'online'))
    await cy.peer.joinOpenRoom('lobby', addresses)
    await story.wait(60_000)
    expect(told(cy)).toEqual([])
  })
})

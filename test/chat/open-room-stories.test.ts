import { describe, expect, test } from 'vitest'
import { eventsOf, Story, transcript } from '../support/story.ts'

describe('people in an open room', () => {
  test('Anna and Bob talk, and see the same in the same order', async () => {
    const story = new Story()
    const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
    await anna.peer.joinOpenRoom('lobby')
    await bob.peer.joinOpenRoom('Lobby')
    await story.until('they met', async () => (await anna.peer.members('lobby')).some(member => member.nick === 'Bob'))
    await anna.peer.send('lobby', 'hello')
    await bob.peer.send('lobby', 'hi')
    await story.until('both are there', async () => (await transcript(anna, 'lobby')).length === 2)
    await story.until('both are here', async () => (await transcript(bob, 'lobby')).length === 2)
    expect(await transcript(anna, 'lobby')).toEqual(await transcript(bob, 'lobby'))
    expect((await transcript(anna, 'lobby')).toSorted()).toEqual(['Anna: hello', 'Bob: hi'])
  })

  test('each message is told once, and its author learns who has it', async () => {
    const story = new Story()
    const [anna, bob, cy] = [await story.enter('Anna'), await story.enter('Bob'), await story.enter('Cy')]
    for (const { peer } of [anna, bob, cy]) await peer.joinOpenRoom('lobby')
    await story.until('all met', () => anna.peer.findRoom('lobby').members === 3)
    const { id } = await anna.peer.send('lobby', 'hello')
    await story.until('both have it', () => eventsOf(anna, 'delivered').some(event => event.to === 2))
    expect(eventsOf(anna, 'delivered').at(-1)).toEqual({ event: 'delivered', id, to: 2, of: 2 })
    await story.wait(60_000)
    for (const actor of [bob, cy]) expect(eventsOf(actor, 'message')).toHaveLength(1)
    expect(eventsOf(anna, 'delivered')).toHaveLength(2)
  })

  test('a message that gossip lost arrives all the same', async () => {
    const story = new Story()
    const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
    for (const { peer } of [anna, bob]) await peer.joinOpenRoom('lobby')
    await story.until('they met', () => anna.peer.findRoom('lobby').members === 2)
    story.network.gossipArrives = () => false
    const { id } = await anna.peer.send('lobby', 'are you there?')
    const to = anna.peer.waitForDelivery(id, 1, AbortSignal.timeout(30_000))
    await story.until('it arrived', () => eventsOf(bob, 'message').length === 1)
    await story.until('it was acknowledged', () => eventsOf(anna, 'delivered').length === 1)
    expect(await to).toBe(1)
  })

  test('a newcomer gets what was said before, and names for those who said it', async () => {
    const story = new Story()
    const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
    for (const { peer } of [anna, bob]) await peer.joinOpenRoom('lobby')
    await story.until('they met', () => bob.peer.findRoom('lobby').members === 2)
    for (let index = 0; index < 1000; index += 1) await anna.peer.send('lobby', `line ${index}`)
    await story.until('Bob has it all', () => eventsOf(bob, 'message').length === 1000)
    await anna.peer.stop()
    const cy = await story.enter('Cy')
    await cy.peer.joinOpenRoom('lobby')
    const began = story.clock.now()
    await story.until('Cy has the newest', () => eventsOf(cy, 'message').some(event => event.text === 'line 999'))
    expect(story.clock.now() - began).toBeLessThan(2000)
    await story.until('Cy has it all', () => eventsOf(cy, 'message').length === 1000)
    expect(story.clock.now() - began).toBeLessThan(10_000)
    expect(await transcript(cy, 'lobby')).toEqual(await transcript(bob, 'lobby'))
  })

  test('what two halves of a split room said is the same everywhere after it heals', async () => {
    const story = new Story()
    story.network.discovery = false
    const cast = [
      await story.enter('Anna'),
      await story.enter('Bob'),
      await story.enter('Cy'),
      await story.enter('Dee')
    ]
    const [anna, bob, cy, dee] = cast as [(typeof cast)[0], (typeof cast)[0], (typeof cast)[0], (typeof cast)[0]]
    for (const { peer } of cast) await peer.joinOpenRoom('lobby')
    story.network.connect(anna.network, bob.network)
    story.network.connect(cy.network, dee.network)
    for (let round = 0; round < 5; round += 1) {
      for (const [index, { peer }] of cast.entries()) await peer.send('lobby', `${index} says ${round}`)
      await story.wait(1000)
    }
    await story.until('each half has its own', async () => (await transcript(anna, 'lobby')).length === 10)
    await story.until('each half has its own', async () => (await transcript(dee, 'lobby')).length === 10)
    story.network.connect(bob.network, cy.network)
    await story.until('all have all', async () => {
      const lengths = await Promise.all(cast.map(async actor => (await transcript(actor, 'lobby')).length))
      return lengths.every(length => length === 20)
    })
    const expected = await transcript(anna, 'lobby')
    for (const actor of [bob, cy, dee]) expect(await transcript(actor, 'lobby')).toEqual(expected)
  })

  test('a message sent while alone is handed over when somebody comes', async () => {
    const story = new Story()
    const anna = await story.enter('Anna')
    await anna.peer.joinOpenRoom('lobby')
    await anna.peer.send('lobby', 'anybody?')
    await story.wait(120_000)
    const bob = await story.enter('Bob')
    await bob.peer.joinOpenRoom('lobby')
    await story.until('Bob reads it', async () => (await transcript(bob, 'lobby')).includes('Anna: anybody?'))
    await story.until('Anna knows', () => eventsOf(anna, 'delivered').length === 1)
    expect(eventsOf(anna, 'delivered')[0]).toMatchObject({ to: 1, of: 1 })
  })

  test('a peer that starts again goes on where it stopped', async () => {
    const story = new Story()
    const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
    for (const { peer } of [anna, bob]) await peer.joinOpenRoom('lobby')
    await anna.peer.send('lobby', 'one')
    await story.until('Bob has it', async () => (await transcript(bob, 'lobby')).length === 1)
    await anna.peer.stop()
    await bob.peer.send('lobby', 'two')
    await story.wait(1000)
    const again = await story.enter('Anna', anna.storage)
    expect(again.peer.me().member).toBe(anna.peer.me().member)
    await again.peer.send('lobby', 'three')
    await story.until('Anna has all', async () => (await transcript(again, 'lobby')).length === 3)
    await story.until('Bob has all', async () => (await transcript(bob, 'lobby')).length === 3)
    expect(await transcript(again, 'lobby')).toEqual(['Anna: one', 'Bob: two', 'Anna: three'])
    expect(again.peer.findRoom('lobby').unread).toBe(1)
    await again.peer.markRead('lobby')
    expect(again.peer.findRoom('lobby').unread).toBe(0)
  })

  test('talk goes on over midnight, between clocks that are two minutes apart', async () => {
    const story = new Story()
    const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
    for (const { peer } of [anna, bob]) await peer.joinOpenRoom('lobby')
    await story.until('they met', () => anna.peer.findRoom('lobby').members === 2)
    story.clock.advance(12 * 3_600_000 - 60_000)
    await anna.peer.send('lobby', 'before')
    await story.wait(120_000)
    await bob.peer.send('lobby', 'after')
    await story.until('Anna has both', async () => (await transcript(anna, 'lobby')).length === 2)
    await story.until('Bob has both', async () => (await transcript(bob, 'lobby')).length === 2)
    expect(await transcript(anna, 'lobby')).toEqual(['Anna: before', 'Bob: after'])
  })

  test('two Annas are told apart, by everybody alike when they met them in the same order', async () => {
    const story = new Story()
    const bob = await story.enter('Bob')
    await bob.peer.joinOpenRoom('lobby')
    const first = await story.enter('Anna')
    await first.peer.joinOpenRoom('lobby')
    await story.until('Bob met Anna', () => bob.peer.findRoom('lobby').members === 2)
    const second = await story.enter('ANNA')
    await second.peer.joinOpenRoom('lobby')
    await story.until('Bob met the other', () => bob.peer.findRoom('lobby').members === 3)
    const nicks = (await bob.peer.members('lobby')).map(member => member.nick)
    expect(nicks).toEqual(['Bob', 'Anna', `ANNA-${second.peer.me().member.slice(0, 4)}`])
  })

  test('a member who leaves is shown as offline, and a room that was left is gone', async () => {
    const story = new Story()
    const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
    for (const { peer } of [anna, bob]) await peer.joinOpenRoom('lobby')
    await story.until('they met', () => eventsOf(anna, 'member').some(event => event.change === 'online'))
    await bob.peer.stop()
    await story.until('Bob is offline', () => eventsOf(anna, 'member').some(event => event.change === 'offline'))
    expect((await anna.peer.members('lobby')).find(member => member.nick === 'Bob')?.online).toBe(false)
    await anna.peer.leaveRoom('lobby')
    expect(anna.peer.rooms()).toEqual([])
    expect(() => anna.peer.findRoom('lobby')).toThrow('there is no room "lobby" here')
  })

  test('a gap is told while it lasts, and closed from whoever has the message', async () => {
    const story = new Story()
    const cast = [await story.enter('Anna'), await story.enter('Bob'), await story.enter('Cy')] as const
    const [anna, bob, cy] = cast
    for (const { peer } of cast) await peer.joinOpenRoom('lobby')
    await story.until('all met', () => cast.every(({ peer }) => peer.findRoom('lobby').members === 3))
    story.network.gossipArrives = (_, to) => to !== cy.network.self
    await anna.peer.send('lobby', 'one')
    await story.until('Bob has it', async () => (await transcript(bob, 'lobby')).length === 1)
    story.network.gossipArrives = () => true
    await anna.peer.send('lobby', 'two')
    await story.until('Cy has both', async () => (await transcript(cy, 'lobby')).length === 2)
    expect(eventsOf(cy, 'gap').map(event => event.missing)).toEqual([1, 0])
    expect(await transcript(cy, 'lobby')).toEqual(['Anna: one', 'Anna: two'])
  })

  test('what nobody held when it was missed is fetched when its author comes back', async () => {
    const story = new Story()
    const cast = [await story.enter('Anna'), await story.enter('Eve'), await story.enter('Dave')] as const
    const [anna, eve, dave] = cast
    for (const { peer } of cast) await peer.joinOpenRoom('lobby')
    await story.until('all met', () => cast.every(({ peer }) => peer.findRoom('lobby').members === 3))
    story.network.discovery = false
    story.network.gossipArrives = () => false
    await dave.peer.send('lobby', 'one')
    story.network.gossipArrives = () => true
    await dave.peer.send('lobby', 'two')
    story.clock.after(22, () => {
      for (const { network } of [anna, eve]) story.network.disconnect(network, dave.network)
    })
    await story.until('the gap is told', () => eventsOf(anna, 'gap').at(-1)?.missing === 1)
    await story.until('it is no longer waited for', () => eventsOf(anna, 'gap').at(-1)?.missing === 0)
    expect(await transcript(anna, 'lobby')).toEqual(['Dave: two'])
    story.network.connect(anna.network, dave.network)
    await story.until('Anna has both', async () => (await transcript(anna, 'lobby')).length === 2)
    await story.until('Eve has both', async () => {
      story.network.connect(eve.network, anna.network)
      return (await transcript(eve, 'lobby')).length === 2
    })
  })

  test('a clock that was fast and is put right does not stop anybody from writing', async () => {
    const story = new Story()
    const anna = await story.enter('Anna')
    await anna.peer.joinOpenRoom('lobby')
    await anna.peer.send('lobby', 'from the future')
    story.clock.putBack(3_600_000)
    await anna.peer.send('lobby', 'from now')
    expect(await transcript(anna, 'lobby')).toEqual(['Anna: from now', 'Anna: from the future'])
  })

  test('a peer that goes while its hello is being checked is not shown as online', async () => {
    const story = new Story()
    const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
    await anna.peer.joinOpenRoom('lobby')
    await bob.peer.joinOpenRoom('lobby')
    for (let round = 0; round < 40; round += 1) {
      story.clock.advance(20)
      if (round % 2 === 1) story.network.disconnect(anna.network, bob.network)
      else story.network.connect(anna.network, bob.network)
    }
    story.network.disconnect(anna.network, bob.network)
    await story.wait(5000)
    expect((await anna.peer.members('lobby')).filter(member => member.online && !member.self)).toEqual([])
    expect((await bob.peer.members('lobby')).filter(member => member.online && !member.self)).toEqual([])
  })

  test('somebody who meets another of the same name is told how others may see them', async () => {
    const story = new Story()
    const first = await story.enter('Anna')
    const second = await story.enter('Anna')
    for (const { peer } of [first, second]) await peer.joinOpenRoom('lobby')
    await story.until('both are told', () =>
      [first, second].every(actor => eventsOf(actor, 'warning').some(event => event.code === 'name-taken'))
    )
    expect((await first.peer.members('lobby'))[0]?.nick).toBe('Anna')
  })
})

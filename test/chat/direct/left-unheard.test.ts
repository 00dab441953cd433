import { expect, test } from 'vitest'
import { reads, write } from '../../support/direct-story.ts'
import { loftWith } from '../../support/private-story.ts'
import { settle } from '../../support/settle.ts'

test.for([
  ['Anna', 'Bob'],
  ['Bob', 'Anna']
] as const)(
  '%s leaves a conversation when nobody can be told, and writes again: that begins another, and the first is over for both',
  async ([one, two]) => {
    const { story, actors } = await loftWith('Bob')
    const [leaver, other] = [one, two].map(name => actors.find(({ peer }) => peer.me().nick === name))
    if (leaver === undefined || other === undefined) throw new Error('two are there')
    const first = await write(story, leaver, two, 'first')
    await reads(story, other, first, `${one}: first`)
    await settle(story, other.peer.stop())
    await settle(story, leaver.peer.leaveRoom(first))
    const back = await story.enter(two, other.storage)
    await story.wait(120_000)
    expect(back.peer.findRoom(first).ended).toBeUndefined()
    // No invite would help.
    expect(back.peer.findRoom(first)).not.toHaveProperty('apart')

    const next = await write(story, leaver, two, 'again')
    expect(next).not.toBe(first)
    await reads(story, back, next, `${one}: again`)
    expect(back.peer.findRoom(first).ended).toBe('other-left')
    expect(await write(story, back, leaver.peer.me().member, 'here')).toBe(next)
    await reads(story, leaver, next, `${two}: here`)
    const again = await settle(story, back.peer.stop()).then(() => story.enter(two, other.storage))
    expect(again.peer.findRoom(first).ended).toBe('other-left')
    expect((await settle(story, again.peer.openDirect(leaver.peer.me().member))).id).toBe(next)
  }
)

import { describe, expect, test } from 'vitest'
import { expectValue } from '../../../src/core/bytes/index.ts'
import { inviteSecrets } from '../../../src/core/chat/joining/invite-secrets.ts'
import { prepareJoin } from '../../../src/core/chat/joining/join-attempt.ts'
import { askToJoin } from '../../../src/core/chat/joining/join-exchange.ts'
import { dayOf, gossipTopic } from '../../../src/core/encryption/index.ts'
import type { DisplayName } from '../../../src/core/identity/index.ts'
import { NOON } from '../../support/cast.ts'
import { skipTime } from '../../support/virtual-clock.ts'
import type { VirtualPeer } from '../../support/virtual-network.ts'
import type { AdmittingMember } from './admitting-member.ts'
import { JoiningScene, type Newcomer, type Online } from './joining-scene.ts'

const DAY = 86_400_000
const SOON = NOON + 7 * DAY

function addressOf({ peer }: Online): string[] {
  return peer.addresses()
}

describe('a newcomer comes in', () => {
  test('at an address in the link, even where the invite has no meeting place any more', async () => {
    const scene = new JoiningScene()
    const anna = await scene.found()
    const online = scene.host('anna', anna)
    const link = await anna.invite({ expires: SOON, addresses: addressOf(online) })
    for (let count = 0; count < 16; count += 1) await anna.invite({ expires: SOON })
    online.host.changed()
    expect(online.peer.topics.size).toBe(16)
    const bob = await scene.join('bob', 2, link)
    const answer = await scene.answered(bob)
    expect(await scene.isIn(bob, answer, anna)).toBe(true)
    expect(bob.states).toEqual(['answered'])
    expect(anna.asked).toBe(1)
    // He is told the keys that open what was said before, too.
    expect(answer.kind === 'admitted' && answer.contentKeys.size).toBe(1)
  })

  test('through another member at the meeting place, while whoever invited is away', async () => {
    const scene = new JoiningScene()
    const anna = await scene.found()
    const cy = await scene.befriend(anna, 3)
    const inviter = scene.host('anna', anna)
    const link = await anna.invite({ expires: SOON, addresses: addressOf(inviter) })
    await inviter.stop()
    await cy.hear(anna)
    scene.host('cy', cy)
    const bob = await scene.join('bob', 2, link)
    expect(await scene.isIn(bob, await scene.answered(bob), cy)).toBe(true)
  })

  test('through a member that has not heard of the invite: the newcomer brings it', async () => {
    const scene = new JoiningScene()
    const anna = await scene.found()
    const cy = await scene.befriend(anna, 3)
    const online = scene.host('cy', cy)
    const link = await anna.invite({ expires: SOON, addresses: addressOf(online) })
    expect(cy.invites()).toEqual([])
    const bob = await scene.join('bob', 2, link)
    expect(await scene.isIn(bob, await scene.answered(bob), cy)).toBe(true)
    // It is the very entry that Anna wrote.
    const [here, there] = [anna, cy].map(({ log }) =>
      [...log.values()].find(({ entry }) => entry.id === (link.invite as string))
    )
    expect(there?.entry).toEqual(here?.entry)
    await anna.hear(cy)
    expect(anna.room.access().members.size).toBe(3)
  })

  test('once somebody is there, however long that takes, and is told that nobody is', async () => {
    const scene = new JoiningScene()
    const anna = await scene.found()
    const link = await anna.invite({ expires: SOON, addresses: [`/memory/anna/p2p/anna`] })
    const bob = await scene.join('bob', 2, link)
    await scene.until('he is told', () => bob.states.length > 0)
    expect(bob.states).toEqual(['waiting 0'])
    await skipTime(scene.clock, 2 * DAY)
    expect(bob.states).toEqual(['waiting 0'])
    scene.host('anna', anna)
    expect(await scene.isIn(bob, await scene.answered(bob), anna)).toBe(true)
  })

  test('when the way to a member broke off before it answered, and is there again', async () => {
    const scene = new JoiningScene()
    const anna = await scene.found()
    const online = scene.host('anna', anna)
    const link = await anna.invite({ expires: SOON, addresses: addressOf(online) })
    const bob = await scene.join('bob', 2, link)
    scene.network.latency = () => 3000
    await scene.until('they are connected', () => bob.peer.connected.size === 1)
    await scene.wait(1000)
    scene.network.disconnect(bob.peer, online.peer)
    await scene.wait(20_000)
    expect([anna.asked, bob.answer()]).toEqual([0, undefined])
    scene.network.latency = () => 20
    scene.network.connect(bob.peer, online.peer)
    expect(await scene.isIn(bob, await scene.answered(bob), anna)).toBe(true)
  })

  test('with the same once more when the answer was lost, and uses the invite once', async () => {
    const scene = new JoiningScene()
    const anna = await scene.found()
    const link = await anna.invite({ expires: SOON, uses: 1 })
    const online = scene.host('anna', anna)
    const deps = await scene.person(2)
    const attempt = await scene.attempt(deps, link)
    const first = scene.network.peer('first')
    scene.network.connect(first, online.peer)
    void askToJoin(first, online.peer.self, attempt.request, AbortSignal.timeout(60_000)).catch(() => undefined)
    await scene.until('it is answered', () => anna.asked === 1)
    first.crash()
    const bob = await scene.join('bob', 2, link)
    expect(await scene.isIn(bob, await scene.answered(bob), anna)).toBe(true)
    expect(anna.room.access().members.size).toBe(2)
    expect(anna.room.access().invites.get(link.invite)?.used).toBe(1)
  })

  test('past one who is silent, one who may not decide, and one who breaks off', async () => {
    const scene = new JoiningScene()
    const anna = await scene.found()
    const link = await anna.invite({ expires: SOON })
    const observer = await scene.befriend(anna, 4, 'observer')
    await observer.hear(anna)
    const [silent, rude] = [scene.network.peer('silent'), scene.network.peer('rude')]
    const topic = gossipTopic(inviteSecrets(link.said.key).rendezvous, dayOf(NOON))
    for (const peer of [silent, rude]) {
      peer.join(topic, { validate: () => 'ignore', deliver: () => undefined, joined: () => undefined })
    }
    silent.handle('/starling/join/1', undefined, () => new Promise(() => undefined))
    rude.handle('/starling/join/1', undefined, async stream => stream.abort('no'))
    const online = scene.host('observer', observer)
    const bob = await scene.join('bob', 2, link)
    for (const peer of [silent, rude]) scene.network.connect(bob.peer, peer)
    await scene.until('the observer was asked', () => observer.asked === 1)
    scene.network.connect(bob.peer, online.peer)
    await scene.wait(9000)
    expect(bob.answer()).toBeUndefined()
    scene.host('anna', anna)
    expect(await scene.isIn(bob, await scene.answered(bob), anna)).toBe(true)
  })
})

describe('a newcomer is refused', () => {
  async function refusalOf(
    prepare: (scene: JoiningScene, anna: AdmittingMember) => Promise<Newcomer>
  ): Promise<string> {
    const scene = new JoiningScene()
    const anna = await scene.found()
    scene.host('anna', anna)
    const newcomer = await prepare(scene, anna)
    scene.network.connect(newcomer.peer, scene.network.all()[0] as VirtualPeer)
    const answer = await scene.answered(newcomer)
    expect(anna.room.access().members.has(newcomer.deps.certificate.member)).toBe(answer.kind === 'admitted')
    return answer.kind === 'refused' ? answer.reason : answer.kind
  }
  const atAnna = ['/memory/anna/p2p/anna']

  test('when the invite has expired, by the clock of the member', async () => {
    expect(
      await refusalOf(async (scene, anna) => {
        const link = await anna.invite({ expires: NOON + 1000, addresses: atAnna })
        await scene.wait(2000)
        return scene.join('bob', 2, link)
      })
    ).toBe('expired')
  })

  test('when it was revoked', async () => {
    expect(
      await refusalOf(async (scene, anna) => {
        const link = await anna.invite({ expires: SOON, addresses: atAnna })
        await anna.write(expectValue(anna.room.say({ kind: 'revoke', invite: link.invite })))
        return scene.join('bob', 2, link)
      })
    ).toBe('revoked')
  })

  test('when it was used up', async () => {
    expect(
      await refusalOf(async (scene, anna) => {
        const link = await anna.invite({ expires: SOON, uses: 1, addresses: atAnna })
        await scene.answered(await scene.join('cy', 3, link))
        return scene.join('bob', 2, link)
      })
    ).toBe('used-up')
  })

  test('when banned', async () => {
    expect(
      await refusalOf(async (scene, anna) => {
        const bob = await scene.befriend(anna, 2)
        const { member } = bob.identity.certificate
        await anna.write(expectValue(anna.room.say({ kind: 'remove', member, last: new Map(), bans: true })))
        await anna.carryOut()
        return scene.join('bob', 2, await anna.invite({ expires: SOON, addresses: atAnna }))
      })
    ).toBe('banned')
  })

  test('when the room is closed', async () => {
    expect(
      await refusalOf(async (scene, anna) => {
        const link = await anna.invite({ expires: SOON, addresses: atAnna })
        await anna.write(expectValue(anna.room.say({ kind: 'close' })))
        return scene.join('bob', 2, link)
      })
    ).toBe('closed')
  })

  test('only when nobody else lets him in: one with an old state or a wrong clock does not decide', async () => {
    const scene = new JoiningScene()
    const anna = await scene.found()
    const cy = await scene.befriend(anna, 3)
    const link = await anna.invite({ expires: SOON, addresses: atAnna })
    await cy.hear(anna)
    await anna.write(expectValue(anna.room.say({ kind: 'revoke', invite: link.invite })))
    scene.host('anna', anna)
    const bob = await scene.join('bob', 2, link)
    await scene.until('Anna has refused', () => anna.asked === 1)
    await scene.wait(500)
    scene.host('cy', cy)
    const answer = await scene.answered(bob)
    expect(answer.kind).toBe('admitted')
  })

  test('at once when the link was put together from two', async () => {
    const scene = new JoiningScene()
    const anna = await scene.found()
    const [one, two] = [await anna.invite({ expires: SOON }), await anna.invite({ expires: SOON })]
    const { identity, keyPackage } = await scene.person(2)
    const said = { identity, keyPackage: keyPackage.shown, nick: 'Bob' as DisplayName }
    const prepared = await prepareJoin({ ...one, seed: two.seed }, said, scene.random)
    expect(prepared).toEqual({ ok: false, error: 'this link was put together wrongly: ask for a new one' })
  })
})

test('the meeting place moves with the day, for both sides', async () => {
  const scene = new JoiningScene()
  const anna = await scene.found()
  const link = await anna.invite({ expires: SOON })
  const online = scene.host('anna', anna)
  const { rendezvous } = inviteSecrets(link.said.key)
  const topic = (day: number): string => gossipTopic(rendezvous, dayOf(NOON) + day)
  expect([...online.peer.topics.keys()]).toEqual([topic(0)])
  await skipTime(scene.clock, 12 * 3_600_000 - 5 * 60_000)
  expect(new Set(online.peer.topics.keys())).toEqual(new Set([topic(0), topic(1)]))
  await skipTime(scene.clock, 3 * 3_600_000)
  expect([...online.peer.topics.keys()]).toEqual([topic(1)])
  const bob = await scene.join('bob', 2, link)
  expect(await scene.isIn(bob, await scene.answered(bob), anna)).toBe(true)
  await skipTime(scene.clock, 7 * DAY)
  online.host.changed()
  expect(online.peer.topics.size).toBe(0)
})

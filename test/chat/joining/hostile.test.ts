import { describe, expect, test } from 'vitest'
import { expectValue, sha256, toHex } from '../../../src/core/bytes/index.ts'
import type { JoinLink } from '../../../src/core/chat/invite-link.ts'
import { inviteSecrets } from '../../../src/core/chat/joining/invite-secrets.ts'
import { encodeJoinRequest, verifyJoinRequest, type JoinAnswer } from '../../../src/core/chat/joining/join-codec.ts'
import { askToJoin } from '../../../src/core/chat/joining/join-exchange.ts'
import { sealAnswer } from '../../../src/core/chat/joining/sealed-answer.ts'
import { encodeOperation } from '../../../src/core/encryption/access/index.ts'
import type { EpochId } from '../../../src/core/encryption/epochs/index.ts'
import {
  dayOf,
  decodeSignedWords,
  gossipTopic,
  OPERATION_KIND,
  sealEntry,
  signedWordsOf
} from '../../../src/core/encryption/index.ts'
import { agreementKeyOf, signingKey, type DisplayName } from '../../../src/core/identity/index.ts'
import { NOON } from '../../support/cast.ts'
import { hostileBytes } from '../../support/hostile-bytes.ts'
import type { Someone } from './admitting-member.ts'
import { JoiningScene } from './joining-scene.ts'

const DAY = 86_400_000
const SOON = NOON + 7 * DAY

/** An invite that somebody signs who may not invite. */
async function wordsOfStranger({ identity, random }: Someone, link: JoinLink, inviteKey: Uint8Array) {
  const { start } = expectValue(decodeSignedWords(link.words))
  const action = { kind: 'invite', role: 'owner', expires: SOON, uses: 9 } as const
  const beside = { certificate: undefined, keyPackage: undefined, beginning: undefined, previous: undefined }
  const content = encodeOperation({ ...beside, action, inviteKey, parents: [] })
  const contentKey = random(32)
  const body = { kind: OPERATION_KIND, content, sequence: 1, previous: undefined, parents: [] }
  const entry = await sealEntry({ roomId: link.roomId, contentKey }, identity.deviceKey, start, body)
  return signedWordsOf(contentKey, entry) ?? new Uint8Array()
}

describe('who only holds the link', () => {
  test('neither passes for a member nor keeps a newcomer out', async () => {
    const scene = new JoiningScene()
    const anna = await scene.found()
    const link = await anna.invite({ expires: SOON })
    const generation = {
      controlKey: sha256(link.seed),
      rendezvousSecret: sha256(link.seed),
      keeperTag: sha256(link.seed)
    }
    const forged: JoinAnswer = {
      kind: 'admitted',
      generations: new Map([['ab'.repeat(16) as EpochId, generation]]),
      contentKeys: new Map(),
      bodyKeys: new Map()
    }
    const eve = scene.network.peer('eve')
    let heard = 0
    eve.handle('/starling/join/1', undefined, async stream => {
      heard += 1
      const request = (await stream.read()) ?? new Uint8Array()
      const read = expectValue(await verifyJoinRequest(request))
      await stream.write(sealAnswer(request, read, forged, scene.random) ?? new Uint8Array())
    })
    const topic = gossipTopic(inviteSecrets(link.said.key).rendezvous, dayOf(NOON))
    eve.join(topic, { validate: () => 'ignore', deliver: () => undefined, joined: () => undefined })
    const bob = await scene.join('bob', 2, link)
    scene.network.connect(bob.peer, eve)
    await scene.until('Eve was asked', () => heard === 1)
    await scene.wait(2000)
    expect(bob.answer()).toBeUndefined()
    scene.host('anna', anna)
    expect(await scene.isIn(bob, await scene.answered(bob), anna)).toBe(true)
  })

  test('in however many peers at the meeting place, does not crowd out a member or keep the request from a keeper', async () => {
    const scene = new JoiningScene()
    const anna = await scene.found()
    const link = await anna.invite({ expires: SOON })
    const topic = gossipTopic(inviteSecrets(link.said.key).rendezvous, dayOf(NOON))
    const relay = await scene.keeper('relay')
    const bob = await scene.join('bob', 2, link)
    for (let count = 0; count < 60; count += 1) {
      const eve = scene.network.peer(`eve-${count}`)
      eve.join(topic, { validate: () => 'ignore', deliver: () => undefined, joined: () => undefined })
      // Some never answer, and most take their time to break off, so that there is always one to be asked again.
      eve.handle('/starling/join/1', undefined, async () => {
        const { promise, resolve } = Promise.withResolvers<void>()
        if (count >= 10) scene.clock.after(3000, resolve)
        await promise
      })
      scene.network.connect(bob.peer, eve)
    }
    await scene.wait(70_000)
    expect(relay.keeper.figures().bytes).toBeGreaterThan(0)
    await scene.wait(60_000)
    const before = scene.clock.now()
    // Anna does not look there.
    scene.network.chosen.delete(relay.peer.self)
    scene.host('anna', anna)
    expect((await scene.answered(bob)).kind).toBe('admitted')
    expect(scene.clock.now() - before).toBeLessThan(5000)
  })
})

describe('hostile requests', () => {
  async function besieged() {
    const scene = new JoiningScene()
    const anna = await scene.found()
    const online = scene.host('anna', anna)
    const link = await anna.invite({ expires: SOON })
    const deps = await scene.person(2)
    const { request } = await scene.attempt(deps, link)
    const before = anna.log.size
    const say = async (bytes: Uint8Array, from = scene.network.peer(`eve-${scene.network.all().length}`)) => {
      scene.network.connect(from, online.peer)
      let outcome: string | undefined
      askToJoin(from, online.peer.self, bytes, AbortSignal.timeout(60_000)).then(
        () => (outcome = 'answered'),
        (thrown: Error) => (outcome = thrown.message)
      )
      await scene.until('it is over', () => outcome !== undefined)
      return outcome
    }
    return { scene, anna, link, deps, request, say, before }
  }

  test('change nothing, and are all told the same: garbage, wrong signatures, rooms not here', async () => {
    const { anna, request, say, before } = await besieged()
    for (const hostile of hostileBytes([request], 300)) {
      if (toHex(hostile) !== toHex(request)) expect(await say(hostile)).toBe('no such invite')
    }
    expect([anna.asked, anna.log.size]).toEqual([0, before])
    expect(await say(request)).toBe('answered')
    expect([anna.asked, anna.log.size]).toEqual([1, before + 2])
  })

  test("with another's invite, or one of their own making, bring nobody in", async () => {
    const { scene, anna, link, deps, say, before } = await besieged()
    // Of another room, whose owner has made an invite for this one.
    const eve = await scene.found(8)
    const own = await eve.invite({ expires: SOON })
    const said = { certificate: deps.certificate, keyPackage: deps.keyPackage.shown, nick: 'Bob' as DisplayName }
    const answerKey = agreementKeyOf(scene.random(32))
    const device = deps.identity.deviceKey
    const ask = async (change: object, seed: Uint8Array) =>
      encodeJoinRequest({ ...link, ...said, answerKey, ...change }, device, await signingKey(seed))
    expect(await say(await ask({ words: own.words }, own.seed))).toBe('no such invite')
    expect(await say(await ask({ invite: own.invite, words: own.words }, own.seed))).toBe('no such invite')
    expect(await say(await ask({}, own.seed))).toBe('no such invite')
    expect(anna.asked).toBe(0)
    // For this room, by somebody who is not in it.
    const forged = await wordsOfStranger(await scene.person(8), link, own.said.key)
    expect(await say(await ask({ words: forged, invite: own.invite }, own.seed))).toBe('no such invite')
    expect(await say(await ask({ words: forged }, own.seed))).toBe('no such invite')
    // The right one, with the words of another invite of the room.
    const second = await anna.invite({ expires: SOON })
    expect(await say(await ask({ words: second.words }, second.seed))).toBe('no such invite')
    expect([anna.room.access().members.size, anna.log.size]).toEqual([1, before + 1])
  })

  test('by the hundred are answered a few times a minute, those of others meanwhile', async () => {
    const { scene, anna, request, say } = await besieged()
    const flooder = scene.network.peer('flooder')
    const outcomes: (string | undefined)[] = []
    for (let count = 0; count < 40; count += 1) outcomes.push(await say(request, flooder))
    expect(outcomes.filter(each => each === 'answered').length).toBeLessThanOrEqual(24)
    expect(outcomes.filter(each => each === 'no such invite').length).toBeGreaterThanOrEqual(16)
    expect(anna.room.access().members.size).toBe(2)
    expect(await say(request)).toBe('answered')
  })

  test('by one link from many peers keep back others with that link for a minute, and nobody with another', async () => {
    const { scene, anna, link, request, say } = await besieged()
    const outcomes: (string | undefined)[] = []
    for (let count = 0; count < 70; count += 1) outcomes.push(await say(request))
    expect(outcomes.filter(each => each === 'answered')).toHaveLength(60)
    const asks = async (seed: number, by: JoinLink) => (await scene.attempt(await scene.person(seed), by)).request
    expect(await say(await asks(3, link))).toBe('no such invite')
    expect(await say(await asks(4, await anna.invite({ expires: SOON })))).toBe('answered')
    await scene.wait(60_000)
    expect(await say(await asks(5, link))).toBe('answered')
  })
})

import { afterEach, expect, test } from 'vitest'
import { expectValue, systemClock, systemRandom, toHex } from '../../src/core/bytes/index.ts'
import type { AdmittingRoom } from '../../src/core/chat/joining/admitting-room.ts'
import { prepareJoin } from '../../src/core/chat/joining/join-attempt.ts'
import type { JoinAnswer } from '../../src/core/chat/joining/join-codec.ts'
import { JoinHost } from '../../src/core/chat/joining/join-host.ts'
import { Joiner } from '../../src/core/chat/joining/joiner.ts'
import type { EpochId } from '../../src/core/encryption/epochs/index.ts'
import type { DisplayName } from '../../src/core/identity/index.ts'
import { AdmittingMember, someone } from '../chat/joining/admitting-member.ts'
import { fakeGroupKeys } from '../encryption/epochs/fake-group-keys.ts'
import { seededNumbers } from '../support/seeded-random.ts'
import { createCast, ownAddresses, until } from './network-cast.ts'

const cast = createCast()
afterEach(() => cast.release())

test('the largest answer there may be comes over a real connection, at an address of the link', async () => {
  const keys = fakeGroupKeys(seededNumbers(3))
  const anna = await AdmittingMember.found(await someone(keys, 1), systemClock)
  const [host, newcomer] = [await cast.enter(), await cast.enter()]
  const link = await anna.invite({ expires: Date.now() + 3_600_000, addresses: ownAddresses(host) })
  const epochs = (count: number) => Array.from({ length: count }, () => toHex(systemRandom(16)) as EpochId)
  const generation = () => ({
    controlKey: systemRandom(32),
    rendezvousSecret: systemRandom(32),
    keeperTag: systemRandom(32)
  })
  const answer: JoinAnswer = {
    kind: 'admitted',
    generations: new Map([...anna.room.generations(), ...epochs(255).map(epoch => [epoch, generation()] as const)]),
    contentKeys: new Map(epochs(16_384).map(epoch => [epoch, systemRandom(32)]))
  }
  const { roomId } = anna
  const room: AdmittingRoom = {
    roomId,
    invites: () => anna.invites(),
    takeInvite: async () => undefined,
    admit: async () => answer
  }
  const { network } = host
  const serving = new JoinHost({ network, clock: systemClock, random: systemRandom, rooms: () => [room] })
  const { identity, keyPackage } = await someone(keys, 2)
  const said = { identity, keyPackage: keyPackage.shown, nick: 'Bob' as DisplayName }
  const attempt = expectValue(await prepareJoin(link, said, systemRandom))
  const joiner = new Joiner({ network: newcomer.network, clock: systemClock, attempt, changed: () => undefined })
  await until('the answer is there', () => joiner.state().kind === 'answered')
  expect(joiner.state()).toEqual({ kind: 'answered', answer })
  joiner.stop()
  serving.stop()
})

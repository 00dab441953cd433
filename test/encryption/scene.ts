import { encodeUtf8, expectValue, sha256, toHex, type Result } from '../../src/core/bytes/index.ts'
import type { OperationId } from '../../src/core/encryption/access/index.ts'
import type { ControlEntry, ControlWords } from '../../src/core/encryption/control-words.ts'
import type { GroupKeys } from '../../src/core/encryption/epochs/index.ts'
import { foundPrivateRoom } from '../../src/core/encryption/found-private-room.ts'
import { PrivateRoom, type PrivateRoomDeps } from '../../src/core/encryption/private-room.ts'
import type { Identity } from '../../src/core/identity/index.ts'
import { identityOf, NOON } from '../support/cast.ts'
import { seededNumbers, seededRandom } from '../support/seeded-random.ts'
import { fakeGroupKeys } from './epochs/fake-group-keys.ts'

export interface Person extends PrivateRoomDeps {
  readonly identity: Identity
  readonly room: PrivateRoom
}

/** Some people with one log, which each reads in an order of its own. */
export class Scene {
  readonly log: ControlEntry[] = []
  readonly #keys: GroupKeys
  readonly #next = seededNumbers(5)

  constructor(keys: GroupKeys = fakeGroupKeys(seededNumbers(3))) {
    this.#keys = keys
  }

  async deps(seed: number): Promise<PrivateRoomDeps & { readonly identity: Identity }> {
    const identity = await identityOf(seed)
    const device = { id: identity.certificate.device, signingKey: sha256(encodeUtf8(`${seed}`)) }
    const keyPackage = await this.#keys.createKeyPackage(device)
    const { certificate } = identity
    return { keys: this.#keys, random: seededRandom(seed), device, certificate, keyPackage, identity }
  }

  async found(seed: number): Promise<Person> {
    const deps = await this.deps(seed)
    const founding = await foundPrivateRoom(deps, { name: 'Loft', history: 'joined' })
    const { id } = this.#write(deps.identity, founding.words)
    return { ...deps, room: await founding.begin(id, NOON) }
  }

  /** Somebody lets a newcomer in, who reads all from the beginning. */
  async admit(by: Person, seed: number, role: 'admin' | 'member' | 'observer' = 'member'): Promise<Person> {
    const deps = await this.deps(seed)
    await this.say(by, by.room.admit(deps.certificate, deps.keyPackage.shown, { role }))
    await this.carryOut(by)
    const newcomer = { ...deps, room: new PrivateRoom(deps, by.room.id, { generations: by.room.generations() }) }
    await this.tell(newcomer)
    return newcomer
  }

  async say(by: Person, words: Result<ControlWords>): Promise<void> {
    await by.room.take(this.#write(by.identity, expectValue(words)), NOON)
  }

  async carryOut(by: Person): Promise<void> {
    const own = await by.room.carryOut()
    if (own === undefined) throw new Error('there was nothing to carry out')
    this.#write(by.identity, own.words)
    await by.room.takeOwn(own, NOON)
  }

  /** Each reads the whole log, in any order. */
  async tell(...people: readonly Person[]): Promise<void> {
    for (const { room, identity } of people) {
      const drawn = this.log.map(entry => [this.#next(), entry] as const).toSorted(([a], [b]) => a - b)
      // One's own commits are taken as they are made.
      for (const [, entry] of drawn) {
        if (entry.device !== identity.certificate.device) await room.take(entry, NOON)
      }
    }
  }

  #write({ certificate }: Identity, words: ControlWords): ControlEntry {
    const id = toHex(sha256(encodeUtf8(`entry ${this.log.length}`))) as OperationId
    const entry = { id, device: certificate.device, ...words }
    this.log.push(entry)
    return entry
  }
}

export function rolesIn({ room }: Person): string[] {
  return [...room.access().members.values()].map(({ role }) => role).toSorted()
}

/** What one seals under now, opened by another; undefined when it does not open. */
export function isHeard(from: Person, to: Person): boolean {
  const epoch = from.room.sealingEpoch()
  if (epoch === undefined) throw new Error('nothing to seal under')
  const [sealed, opened] = [from.room.contentKey(epoch), to.room.contentKey(epoch)]
  return opened !== undefined && toHex(opened) === toHex(sealed ?? new Uint8Array())
}

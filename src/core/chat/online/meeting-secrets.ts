import { equalBytes, toHex } from '../../bytes/index.ts'
import type { RoomKeys } from '../../encryption/index.ts'
import { DayKeys, type Times } from './day-keys.ts'
import type { ExchangeKeys } from './exchange-codec.ts'

/** A rendezvous secret's own hex: by it secrets are told apart, whichever array they come in. */
export type SecretName = string & { readonly __brand: 'SecretName' }

/** Exchange keys of one day, under one of the room's secrets. */
export interface MeetingKeys extends ExchangeKeys {
  readonly secret: SecretName
}

interface Known {
  readonly secret: Uint8Array
  readonly days: DayKeys
}

/**
 * The secrets by which a room's members meet now, newest first. The first is of the current generation; under the others those are met
 * who have not heard of it, for the control entries that tell them.
 */
export class MeetingSecrets {
  readonly #keys: Pick<RoomKeys, 'rendezvousSecrets'>
  readonly #times: Times
  #known = new Map<SecretName, Known>()

  constructor(keys: Pick<RoomKeys, 'rendezvousSecrets'>, times: Times) {
    this.#keys = keys
    this.#times = times
    this.refresh()
  }

  /** They may have changed. */
  refresh(): void {
    const before = this.#known
    this.#known = new Map(
      this.#keys.rendezvousSecrets().map(secret => {
        const name = nameOf(secret)
        return [name, before.get(name) ?? { secret, days: new DayKeys(secret, this.#times) }]
      })
    )
  }

  names(): SecretName[] {
    return [...this.#known.keys()]
  }

  get current(): SecretName {
    const [name] = this.#known.keys()
    if (name === undefined) throw new Error('a room without a rendezvous secret')
    return name
  }

  get(name: SecretName): Uint8Array | undefined {
    return this.#known.get(name)?.secret
  }

  /** How many are newer: 0 for the current one, without end for one that does not count any more. */
  ageOf(name: SecretName): number {
    const age = this.names().indexOf(name)
    return age === -1 ? Number.POSITIVE_INFINITY : age
  }

  /** The newer one; the current one when neither counts. */
  newest(...names: readonly (SecretName | undefined)[]): SecretName {
    return this.names().find(name => names.includes(name)) ?? this.current
  }

  /** What exchanges are sealed under now: the current secret's keys of today first. */
  exchangeKeys(): MeetingKeys[] {
    return [...this.#known].flatMap(([secret, { days }]) => days.now().map(keys => ({ ...keys, secret })))
  }

  /** Today's keys of this secret, or of the current one when it does not count any more. */
  today(name: SecretName): MeetingKeys {
    const all = this.exchangeKeys()
    const keys = all.find(({ secret }) => secret === name) ?? all[0]
    if (keys === undefined) throw new Error('a room without exchange keys')
    return keys
  }

  /** Those with this tag, and of which secret they are. */
  keysWith(tag: Uint8Array): MeetingKeys | undefined {
    return this.exchangeKeys().find(keys => equalBytes(keys.tag, tag))
  }
}

export function nameOf(secret: Uint8Array): SecretName {
  return toHex(secret) as SecretName
}

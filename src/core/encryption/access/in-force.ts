import type { MemberId } from '../../identity/index.ts'
import type { Placed } from './history.ts'

/**
 * Removals, demotions and revocations that are in force, in the order in which they came to be. Each is asked for by whom it is
 * about: thousands of them may be.
 */
export class InForce {
  readonly #order: ReadonlyMap<Placed, number>
  readonly #about = new Map<MemberId, Placed[]>()

  constructor(ends: Iterable<Placed>) {
    this.#order = new Map([...ends].map((each, index) => [each, index]))
    for (const each of this.#order.keys()) {
      const { action } = each.operation
      if (action.kind !== 'remove' && action.kind !== 'role') continue
      const those = this.#about.get(action.member)
      if (those === undefined) this.#about.set(action.member, [each])
      else those.push(each)
    }
  }

  /** With these behind it. */
  and(...more: readonly Placed[]): InForce {
    return new InForce([...this.#order.keys(), ...more])
  }

  all(): Placed[] {
    return [...this.#order.keys()]
  }

  has(each: Placed): boolean {
    return this.#order.has(each)
  }

  /** Removals and changes of role of this member. */
  about(member: MemberId): readonly Placed[] {
    return this.#about.get(member) ?? []
  }

  /** Removals and changes of role of the author, but for what came into force behind the operation itself. */
  against(each: Placed): readonly Placed[] {
    const those = this.about(each.operation.author)
    const place = this.#order.get(each)
    return place === undefined ? those : those.filter(other => (this.#order.get(other) ?? 0) < place)
  }
}

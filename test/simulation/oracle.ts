import type { Message, PeerEvent } from '../../src/core/chat/index.ts'
import type { EntryId } from '../../src/core/log/index.ts'
import type { SimulatedMember } from './member.ts'

/**
 * `lost`: told as sent, and gone or not everywhere · `early`: told as sent or delivered before it was durable there ·
 * `undelivered`: everybody has it, and its author has not learned so · `disagreement`: members that were connected show different messages, or in another order · `shown twice` ·
 * `gap`: still waited for when everybody is here · `growth`: more timers, streams or work than a quiet room needs ·
 * `failure`: something threw.
 */
export type ViolationKind =
  | 'lost'
  | 'early'
  | 'undelivered'
  | 'disagreement'
  | 'shown twice'
  | 'gap'
  | 'growth'
  | 'failure'

export interface Violation {
  readonly kind: ViolationKind
  readonly text: string
}

/** Compares what members are told with what their disks hold. */
export class Oracle {
  readonly violations: Violation[] = []
  /** Messages that their author was told are sent. */
  readonly sent = new Set<EntryId>()
  readonly #members: readonly SimulatedMember[]

  readonly #trustsDisk: boolean

  constructor(members: readonly SimulatedMember[], trustsDisk: boolean) {
    this.#members = members
    this.#trustsDisk = trustsDisk
  }

  report(kind: ViolationKind, text: string): void {
    this.violations.push({ kind, text })
  }

  told(member: SimulatedMember, event: PeerEvent): void {
    if (event.event === 'message') {
      if (member.shown.has(event.id)) this.report('shown twice', `${member.name} was told of ${short(event.id)} twice`)
      member.shown.add(event.id)
    }
    if (event.event === 'sent') {
      this.sent.add(event.id as EntryId)
      if (!this.#trustsDisk && !member.holds(event.id as EntryId))
        this.report('early', `${member.name} sent ${short(event.id)}, not durable`)
    }
    if (event.event === 'delivered' && !this.#trustsDisk) {
      const holders = this.#members.filter(other => other !== member && other.holds(event.id as EntryId)).length
      if (holders < event.to) {
        this.report('early', `${short(event.id)} is delivered to ${event.to}, durable at ${holders} others`)
      }
    }
    if (event.event === 'warning') this.#warned(member, event.code, event.text)
  }

  /** Everybody is here, connected, and has had time. */
  async checkAgreement(): Promise<void> {
    const views = await Promise.all(
      this.#members.map(async member => {
        const messages = await member.messages()
        this.#checkDeliveries(member, messages)
        return { member, ids: messages.map(message => message.id) }
      })
    )
    const [first] = views
    if (first === undefined) return
    for (const { member, ids } of views) {
      const difference = ids.findIndex((id, index) => id !== first.ids[index])
      if (difference !== -1 || ids.length !== first.ids.length) {
        const place = difference === -1 ? Math.min(ids.length, first.ids.length) : difference
        const counts = `${first.ids.length} and ${ids.length} messages`
        this.report('disagreement', `${first.member.name} and ${member.name} differ at ${place} of ${counts}`)
      }
      if (new Set(ids).size < ids.length) this.report('shown twice', `${member.name} lists a message twice`)
      if (member.missing > 0) this.report('gap', `${member.name} still waits for ${member.missing}`)
      this.#checkSent(member, ids)
    }
  }

  #checkDeliveries(member: SimulatedMember, messages: readonly Message[]): void {
    for (const { id, delivery } of messages) {
      const others = this.#members.filter(other => other !== member && other.holds(id as EntryId)).length
      if (delivery === undefined || delivery.to === others) continue
      const kind = delivery.to > others ? 'early' : 'undelivered'
      this.report(kind, `${member.name} has ${short(id)} delivered to ${delivery.to}, and ${others} hold it`)
    }
  }

  #checkSent(member: SimulatedMember, ids: readonly string[]): void {
    const here = new Set<string>(ids)
    for (const id of this.sent) if (!here.has(id)) this.report('lost', `${member.name} does not show ${short(id)}`)
  }

  /** A wrong clock makes for warnings of its own; these never come in an honest room. */
  #warned(member: SimulatedMember, code: string, text: string): void {
    const never = ['not-stored', 'data-copied', 'equivocation']
    if (never.includes(code)) this.report('failure', `${member.name} was warned: ${text}`)
  }
}

function short(id: string): string {
  return id.slice(0, 8)
}

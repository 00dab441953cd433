import type { Message, PeerEvent } from '../../src/core/chat/index.ts'
import type { EntryId } from '../../src/core/log/index.ts'
import type { SimulatedMember } from './member.ts'

/**
 * `lost`: told as sent, and gone or not everywhere · `early`: told as sent or delivered before it was durable there ·
 * `undelivered`: everybody has it, and its author has not learned so · `disagreement`: members that were connected show different messages, or in another order · `shown twice` ·
 * `not erased`: deleted, and its words are still somewhere · `gap`: still waited for when everybody is here · `growth`: more timers, streams or work than a quiet room needs ·
 * `failure`: something threw.
 */
export type ViolationKind =
  | 'lost'
  | 'early'
  | 'undelivered'
  | 'disagreement'
  | 'shown twice'
  | 'not erased'
  | 'gap'
  | 'growth'
  | 'failure'

export interface Violation {
  readonly kind: ViolationKind
  readonly text: string
}

/** What a member shows, oldest first. */
interface View {
  readonly member: SimulatedMember
  readonly ids: readonly string[]
  readonly lines: readonly string[]
}

/** Compares what members are told with what their disks hold. */
export class Oracle {
  readonly violations: Violation[] = []
  /** Messages that their author was told are sent. */
  readonly sent = new Set<EntryId>()
  /** Messages that their author was told are deleted. */
  readonly deleted = new Set<EntryId>()
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
    const views = await Promise.all(this.#members.map(member => this.#viewOf(member)))
    const reference = views.find(({ member }) => member.retained === Number.POSITIVE_INFINITY)
    if (reference === undefined) return
    for (const view of views) {
      this.#checkLines(view, reference)
      await this.#checkErased(view)
      this.#checkSent(view)
    }
  }

  async #viewOf(member: SimulatedMember): Promise<View> {
    const messages = await member.messages()
    this.#checkDeliveries(member, messages)
    const lines = messages.map(({ id, text, deleted }) => `${id} ${text}${deleted ? ' (deleted)' : ''}`)
    return { member, ids: messages.map(message => message.id), lines }
  }

  /** All that the reference shows, or, of a member that keeps less, so much of the end of it. */
  #checkLines({ member, ids, lines }: View, reference: View): void {
    const kept = Math.max(0, reference.lines.length - Math.max(lines.length, member.retained))
    const expected = reference.lines.slice(kept)
    const difference = expected.findIndex((line, index) => line !== lines[index])
    if (difference !== -1 || expected.length !== lines.length) {
      const place = difference === -1 ? Math.min(expected.length, lines.length) : difference
      const counts = `${expected.length} and ${lines.length} messages`
      this.report('disagreement', `${reference.member.name} and ${member.name} differ at ${place} of ${counts}`)
    }
    if (new Set(ids).size < ids.length) this.report('shown twice', `${member.name} lists a message twice`)
    if (member.missing > 0) this.report('gap', `${member.name} still waits for ${member.missing}`)
  }

  async #checkErased({ member, lines }: View): Promise<void> {
    for (const id of this.deleted) {
      const isShown = lines.some(line => line.startsWith(id) && !line.endsWith(' (deleted)'))
      if (isShown || (await member.hasWords(id)))
        this.report('not erased', `${member.name} still has the words of ${short(id)}`)
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

  #checkSent({ member, ids }: View): void {
    const here = new Set<string>(ids)
    if (member.retained === Number.POSITIVE_INFINITY)
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

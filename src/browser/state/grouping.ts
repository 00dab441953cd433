import type { ShownMessage } from './shown-message.ts'

/** A row of the timeline: a quiet line for a day, one for what is new, or the messages of one author. */
export type Row =
  | { readonly kind: 'day'; readonly key: string; readonly time: number }
  | { readonly kind: 'new'; readonly key: string }
  | { readonly kind: 'block'; readonly key: string; readonly messages: readonly [ShownMessage, ...ShownMessage[]] }

/** Messages of one author within this time of each other form a block. */
const BLOCK_MILLIS = 5 * 60_000

export function groupMessages(messages: readonly ShownMessage[], newFrom?: string): Row[] {
  const rows: Row[] = []
  let previous: ShownMessage | undefined
  for (const message of messages) {
    const day = dayOf(message.time)
    if (previous === undefined || dayOf(previous.time) !== day) {
      rows.push({ kind: 'day', key: `day ${day} ${message.id}`, time: message.time })
    }
    if (message.id === newFrom) rows.push({ kind: 'new', key: 'new' })
    const last = rows.at(-1)
    if (last?.kind === 'block' && previous !== undefined && belongTogether(previous, message)) {
      rows[rows.length - 1] = { ...last, messages: [...last.messages, message] }
    } else {
      rows.push({ kind: 'block', key: message.id, messages: [message] })
    }
    previous = message
  }
  return rows
}

function belongTogether(previous: ShownMessage, next: ShownMessage): boolean {
  return previous.author === next.author && Math.abs(next.time - previous.time) < BLOCK_MILLIS
}

function dayOf(time: number): string {
  return new Date(time).toDateString()
}

import { effect, signal, type ReadonlySignal } from '@preact/signals'
import type { Peer } from '../../core/chat/index.ts'
import { errorMessage } from '../../core/bytes/index.ts'
import type { Memory } from '../memory.ts'
import type { ShownMessage } from './shown-message.ts'

/** A message on its way into the store, or one that did not get there. */
export interface PendingMessage {
  readonly key: number
  readonly text: string
  /** Why it could not be stored. */
  readonly problem?: string
}

export interface Outbox {
  readonly pending: ReadonlySignal<readonly PendingMessage[]>
  send(text: string): Promise<void>
  retry(key: number): Promise<void>
  discard(key: number): void
  /** The message has appeared in the room, perhaps before the peer confirmed it. */
  settle(message: ShownMessage): void
}

let nextKey = 1

/** Why a message that an earlier page left behind is not sent. */
const LEFT_BEHIND = 'the page was closed before it could be stored'

/**
 * What is pending is remembered, so that a page that is closed or reloaded at that moment loses none of it. `sent` is
 * called once a message is stored.
 */
export function createOutbox(peer: Peer, room: string, memory: Memory, sent: () => void): Outbox {
  const remembered = `sending/${room}`
  const pending = signal<readonly PendingMessage[]>(
    leftBehind(memory.get(remembered)).map(text => ({ key: nextKey++, text, problem: LEFT_BEHIND }))
  )
  effect(() => {
    const texts = pending.value.map(({ text }) => text)
    memory.set(remembered, texts.length === 0 ? undefined : JSON.stringify(texts))
  })

  function discard(key: number): void {
    pending.value = pending.value.filter(message => message.key !== key)
  }

  async function store(message: PendingMessage): Promise<void> {
    try {
      await peer.send(room, message.text)
      sent()
      discard(message.key)
    } catch (thrown) {
      const failed = { ...message, problem: errorMessage(thrown) }
      pending.value = pending.value.map(other => (other.key === message.key ? failed : other))
    }
  }

  return {
    pending,
    send(text) {
      const message = { key: nextKey++, text }
      pending.value = [...pending.value, message]
      return store(message)
    },
    async retry(key) {
      const message = pending.value.find(other => other.key === key)
      if (message === undefined) return
      const again = { key, text: message.text }
      pending.value = pending.value.map(other => (other.key === key ? again : other))
      await store(again)
    },
    discard,
    settle(message) {
      const match = pending.value.find(
        other => message.own && other.problem === undefined && other.text === message.text
      )
      if (match !== undefined) discard(match.key)
    }
  }
}

/** What this page itself remembered; others may write there, too. */
function leftBehind(stored: string | undefined): string[] {
  try {
    const texts: unknown = JSON.parse(stored ?? '[]')
    return Array.isArray(texts) ? texts.filter(text => typeof text === 'string') : []
  } catch {
    return []
  }
}

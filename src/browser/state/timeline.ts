import { batch, computed, signal, type ReadonlySignal, type Signal } from '@preact/signals'
import type { Delivery, Peer } from '../../core/chat/index.ts'
import { coalesce } from './coalesce.ts'
import type { Memory } from '../memory.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import {
  followNewest,
  isRoomy,
  newestWindow,
  PAGE,
  shiftBy,
  slideDown,
  slideUp,
  type ViewWindow
} from './view-window.ts'
import { isAfter, type ShownMessage } from './shown-message.ts'

/**
 * The messages of one room as far as they are loaded, oldest first. Always a gapless run that ends with the newest one;
 * the peer tells the order, and is asked again whenever a message arrives that does not simply belong at the end.
 */
export interface Timeline {
  /** What is to be in the page. */
  readonly shown: ReadonlySignal<readonly ShownMessage[]>
  readonly outbox: Outbox
  /** Whether older messages can be brought into the page; if not, whether that is because there are none. */
  readonly above: ReadonlySignal<'more' | 'nothing' | 'too many'>
  /** The newest message is in the page. */
  readonly atNewest: ReadonlySignal<boolean>
  readonly loaded: ReadonlySignal<boolean>
  /** The user is at the newest message and wants to stay there; set by the view. */
  readonly atBottom: Signal<boolean>
  /** The first message that was not there when the room was last looked at. */
  readonly newFrom: ReadonlySignal<string | undefined>
  /** Loads the newest messages and draws the `new` line above the last `unread` ones of others. */
  open(unread: number): Promise<void>
  /** Brings older messages into the page; resolves when they are there. */
  older(): Promise<void>
  newer(): void
  newest(): void
  received(message: ShownMessage, watched: boolean): void
  delivered(id: string, delivery: Delivery): void
  send(text: string): Promise<void>
}

/** Kept in memory per room; what lies further back is read from the store again. */
const MAX_LOADED = 20_000
/** With more unread messages than this the line stands at the top of what is loaded. */
const MAX_UNREAD_LOADED = 500

export function createTimeline(peer: Peer, room: string, memory: Memory): Timeline {
  const messages = signal<readonly ShownMessage[]>([])
  const view = signal<ViewWindow>({ start: 0, end: 0 })
  const complete = signal(false)
  const loaded = signal(false)
  const newFrom = signal<string | undefined>(undefined)
  const atBottom = signal(true)
  const above = computed(() => {
    if (view.value.start > 0) return 'more'
    if (complete.value) return 'nothing'
    return messages.value.length < MAX_LOADED ? 'more' : 'too many'
  })
  const atNewest = computed(() => view.value.end === messages.value.length)
  const outbox = createOutbox(peer, room, memory, refreshAfterSend)
  let refreshFrom = Number.POSITIVE_INFINITY
  let arrivedWhileOpening = false
  let loadingOlder = false

  const refresh = coalesce(async () => {
    const from = refreshFrom
    refreshFrom = Number.POSITIVE_INFINITY
    const stale = messages.value.filter(message => message.time >= from).length
    takeNewest(await peer.messages(room, { limit: stale + PAGE }))
  })

  async function loadPage(): Promise<void> {
    const before = messages.value[0]?.id
    if (before === undefined || complete.value || messages.value.length >= MAX_LOADED) return
    const page = await peer.messages(room, { limit: PAGE, before })
    if (messages.value[0]?.id !== before) return
    batch(() => {
      complete.value = page.length < PAGE
      messages.value = [...page, ...messages.value]
      view.value = shiftBy(view.value, page.length)
    })
  }

  /** Replaces everything from the page's first message on, but for what arrived after the page was read. */
  function takeNewest(page: readonly ShownMessage[]): void {
    const first = page[0]
    const last = page.at(-1)
    if (first === undefined || last === undefined) return
    const inPage = new Set(page.map(message => message.id))
    const overlap = messages.value.findIndex(message => message.id === first.id)
    const kept = messages.value.slice(0, Math.max(0, overlap))
    const rest = messages.value.slice(kept.length).filter(message => !inPage.has(message.id))
    const since = rest.filter(message => overlap !== -1 || isAfter(message, first))
    const newer = since.filter(message => isAfter(message, last))
    replaceWith([...kept, ...page, ...newer])
    // Where any other belongs the peer knows.
    if (newer.length < since.length) askAgain(Math.min(...since.map(message => message.time)))
  }

  function askAgain(from: number): void {
    refreshFrom = Math.min(refreshFrom, from)
    void refresh()
  }

  function replaceWith(next: readonly ShownMessage[]): void {
    const dropped = Math.max(0, next.length - MAX_LOADED)
    const follows = atNewest.value && (atBottom.value || isRoomy(view.value))
    batch(() => {
      messages.value = next.slice(dropped)
      if (dropped > 0) complete.value = false
      const moved = shiftBy(view.value, -dropped)
      view.value = follows ? followNewest(moved, messages.value.length) : moved
    })
  }

  async function refreshAfterSend(): Promise<void> {
    await refresh()
    newest()
  }

  function newest(): void {
    if (!atNewest.value) view.value = newestWindow(messages.value.length)
  }

  return {
    shown: computed(() => messages.value.slice(view.value.start, view.value.end)),
    outbox,
    above,
    atNewest,
    loaded,
    atBottom,
    newFrom,
    async open(unread) {
      arrivedWhileOpening = false
      loaded.value = false
      atBottom.value = true
      const limit = Math.max(PAGE, Math.min(unread, MAX_UNREAD_LOADED) + PAGE)
      const page = await peer.messages(room, { limit })
      batch(() => {
        messages.value = page
        view.value = newestWindow(page.length)
        const first = firstUnread(page, unread)
        newFrom.value = page[first]?.id
        if (first < view.value.start) view.value = { start: first, end: page.length }
        complete.value = page.length < limit
        loaded.value = true
      })
      if (arrivedWhileOpening) await refresh()
    },
    async older() {
      if (loadingOlder || above.value !== 'more') return
      loadingOlder = true
      try {
        if (view.value.start < PAGE) await loadPage()
      } finally {
        loadingOlder = false
      }
      view.value = slideUp(view.value)
    },
    newer() {
      view.value = slideDown(view.value, messages.value.length)
    },
    newest,
    received(message, watched) {
      arrivedWhileOpening = true
      outbox.settle(message)
      if (!loaded.value) return
      if (!watched && !message.own) newFrom.value ??= message.id
      if (message.own) newFrom.value = undefined
      const last = messages.value.at(-1)
      if (last === undefined || message.time > last.time) return replaceWith([...messages.value, message])
      askAgain(message.time)
    },
    delivered(id, delivery) {
      const index = messages.value.findLastIndex(message => message.id === id)
      const message = messages.value[index]
      if (message !== undefined) messages.value = messages.value.with(index, { ...message, delivery })
    },
    async send(text) {
      newFrom.value = undefined
      newest()
      atBottom.value = true
      await outbox.send(text)
    }
  }
}

/** The place of the first of the last `unread` messages of others; past the end when none is unread. */
function firstUnread(messages: readonly ShownMessage[], unread: number): number {
  let left = unread
  let first = messages.length
  for (let index = messages.length - 1; index >= 0 && left > 0; index--) {
    if (messages[index]?.own === true) continue
    first = index
    left--
  }
  return first
}

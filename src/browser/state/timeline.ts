import { batch, computed, signal, type ReadonlySignal, type Signal } from '@preact/signals'
import type { Delivery, Peer } from '../../core/chat/index.ts'
import type { Memory } from '../memory.ts'
import { coalesce } from './coalesce.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import { placeOf, type ShownMessage } from './shown-message.ts'
import {
  followNewest,
  insertAt,
  isRoomy,
  MAX_IN_PAGE,
  newestWindow,
  PAGE,
  shiftBy,
  slideDown,
  slideUp,
  type ViewWindow
} from './view-window.ts'

/**
 * The messages of one room as far as they are loaded, oldest first: always a gapless run that ends with the newest one.
 * The peer is asked for a page when the room is opened and when somebody goes further up. Whatever it tells of is put in
 * its place here, and forgotten again when that lies above what is loaded: a history that comes in costs no reads.
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
  /** Messages held in memory. */
  readonly held: ReadonlySignal<number>
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
  edited(id: string, text: string, time: number): void
  deleted(id: string): void
  /** The newest loaded message of one's own that still says something. */
  lastOwn(): ShownMessage | undefined
  /** So many keepers store it. */
  kept(id: string, kept: number): void
  send(text: string): Promise<void>
}

/** Kept in memory of a room in which somebody goes further and further up. */
const MAX_LOADED = 20_000
/** Kept of a room that is at its newest message. */
const MAX_KEPT = MAX_IN_PAGE + 2 * PAGE
/** With more unread messages than this the line stands at the top of what is loaded. */
const MAX_UNREAD_LOADED = 500

export function createTimeline(peer: Peer, room: string, memory: Memory): Timeline {
  const messages = signal<readonly ShownMessage[]>([])
  const view = signal<ViewWindow>({ start: 0, end: 0 })
  const complete = signal(false)
  const loaded = signal(false)
  /** The place above which everything had been seen when something new came. */
  const newAbove = signal<string | undefined>(undefined)
  const atBottom = signal(true)
  const above = computed(() => {
    if (view.value.start > 0) return 'more'
    if (complete.value) return 'nothing'
    return messages.value.length < MAX_LOADED ? 'more' : 'too many'
  })
  const atNewest = computed(() => view.value.end === messages.value.length)
  const outbox = createOutbox(peer, room, memory, newest)
  /** For each page that is being read, what was told meanwhile: the page may be older than that. */
  const reads = new Set<(() => void)[]>()
  let seenUpTo = ''
  let openedAt = 0
  let loadingOlder = false

  async function read(options: { limit: number; before?: string }, use: (page: readonly ShownMessage[]) => void) {
    const told: (() => void)[] = []
    reads.add(told)
    try {
      const page = await peer.messages(room, options)
      batch(() => {
        use(page)
        for (const change of told) change()
      })
    } finally {
      reads.delete(told)
    }
  }

  const fill = coalesce(() =>
    read({ limit: Math.max(PAGE, messages.value.length) }, page => {
      for (const message of page) place(message)
    })
  )

  function apply(change: () => void): void {
    for (const told of reads) told.push(change)
    change()
  }

  async function loadPage(): Promise<void> {
    const before = messages.value[0]?.id
    if (before === undefined || complete.value || messages.value.length >= MAX_LOADED) return
    await read({ limit: PAGE, before }, page => {
      if (messages.value[0]?.id !== before) return
      complete.value = page.length < PAGE
      messages.value = [...page, ...messages.value]
      view.value = shiftBy(view.value, page.length)
    })
  }

  function place(message: ShownMessage): void {
    const index = placeOf(message.order, messages.value)
    if (!loaded.value || messages.value[index]?.id === message.id) return
    if (index === 0 && messages.value.length > 0 && !(complete.value && messages.value.length < MAX_IN_PAGE)) {
      complete.value = false
      return
    }
    const follows = atNewest.value && (atBottom.value || isRoomy(view.value))
    batch(() => {
      messages.value = messages.value.toSpliced(index, 0, message)
      const grown = insertAt(view.value, index)
      view.value = follows ? followNewest(grown, messages.value.length) : grown
      letGo(atBottom.value && follows ? MAX_KEPT : MAX_LOADED)
    })
  }

  /** Forgets the oldest messages, of which no more than these are to be kept, as far as they are not in the page. */
  function letGo(limit: number): void {
    const dropped = Math.min(messages.value.length - limit, view.value.start)
    if (dropped <= 0) return
    complete.value = false
    messages.value = messages.value.slice(dropped)
    view.value = shiftBy(view.value, -dropped)
  }

  function change(id: string, to: (message: ShownMessage) => ShownMessage): void {
    apply(() => {
      const index = messages.value.findLastIndex(message => message.id === id)
      const message = messages.value[index]
      if (message !== undefined) messages.value = messages.value.with(index, to(message))
    })
  }

  /** What is told of a message that is not here may be all that is left of one that never was. */
  function amend(id: string, to: (message: ShownMessage) => ShownMessage): void {
    change(id, to)
    if (loaded.value && !messages.value.some(message => message.id === id)) void fill()
  }

  /** Notes what is seen, and where the new begins: above what nobody saw come, and above what was said while away. */
  function notice({ order, time, own }: ShownMessage, watched: boolean): void {
    const isOfAbsence = seenUpTo !== '' && order > seenUpTo && time < openedAt
    if (!own && (!watched || isOfAbsence)) newAbove.value ??= seenUpTo
    if ((own || watched) && order > seenUpTo) seenUpTo = order
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
    held: computed(() => messages.value.length),
    atBottom,
    newFrom: computed(() => {
      const from = newAbove.value
      const first =
        from === undefined ? -1 : messages.value.findIndex(message => message.order > from && isNews(message))
      return first > 0 || complete.value ? messages.value[first]?.id : undefined
    }),
    async open(unread) {
      loaded.value = false
      atBottom.value = true
      openedAt = Date.now()
      const limit = Math.max(PAGE, Math.min(unread, MAX_UNREAD_LOADED) + PAGE)
      await read({ limit }, page => {
        messages.value = page
        view.value = newestWindow(page.length)
        const first = firstUnread(page, unread)
        newAbove.value = unread === 0 ? undefined : (page[first - 1]?.order ?? '')
        seenUpTo = page.at(-1)?.order ?? ''
        if (first < view.value.start) view.value = { start: first, end: page.length }
        complete.value = page.length < limit
        loaded.value = true
      })
    },
    async older() {
      if (loadingOlder || !loaded.value || above.value !== 'more') return
      loadingOlder = true
      try {
        if (view.value.start < PAGE) await loadPage()
      } finally {
        loadingOlder = false
      }
      // Nothing above may have come: whoever sees a change asks again.
      if (view.value.start > 0) view.value = slideUp(view.value)
    },
    newer() {
      view.value = slideDown(view.value, messages.value.length)
    },
    newest,
    received(message, watched) {
      batch(() => {
        outbox.settle(message)
        apply(() => {
          notice(message, watched)
          place(message)
        })
      })
    },
    delivered(id, delivery) {
      change(id, message => ({ ...message, delivery }))
    },
    kept(id, kept) {
      change(id, message => ({ ...message, kept }))
    },
    edited(id, text, time) {
      amend(id, message => ({ ...message, ...nobodyHas(message), text, edited: time }))
    },
    deleted(id) {
      amend(id, message => ({ ...message, text: '', deleted: true }))
    },
    lastOwn: () => messages.value.findLast(({ own, deleted }) => own && deleted !== true),
    async send(text) {
      newAbove.value = undefined
      newest()
      atBottom.value = true
      await outbox.send(text)
    }
  }
}

/** Who had the message may not have the edit yet. */
function nobodyHas({ delivery }: ShownMessage): Pick<ShownMessage, 'delivery' | 'kept'> {
  return delivery === undefined ? {} : { delivery: { ...delivery, to: 0 }, kept: 0 }
}

/** What others said, and has not been taken back. */
function isNews({ own, deleted }: ShownMessage): boolean {
  return !own && deleted !== true
}

/** The place of the first of the last `unread` messages of others; past the end when none is unread. */
function firstUnread(messages: readonly ShownMessage[], unread: number): number {
  let left = unread
  let first = messages.length
  for (let index = messages.length - 1; index >= 0 && left > 0; index--) {
    const message = messages[index]
    if (message === undefined || !isNews(message)) continue
    first = index
    left--
  }
  return first
}

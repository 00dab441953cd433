import type { RefObject } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import type { OpenRoom, Session } from '../state/session.ts'

/** Older or newer messages are fetched when less than this is left to scroll, in pixels: some two screens of a phone. */
const AHEAD = 1200
/** Counts as being at the newest message, in pixels: less than one line. */
const NEAR = 24

interface Anchor {
  readonly id: string
  readonly top: number
}

/**
 * Where the timeline stands. At the bottom it stays there; anywhere else the message at the top of the view keeps its
 * place on the screen, whatever arrives above or below it and however the window changes. Returns what goes to the bottom.
 */
export function useTimelineScroll(
  list: RefObject<HTMLDivElement | null>,
  session: Session,
  room: OpenRoom
): () => void {
  const { timeline } = room
  const { atBottom } = timeline
  const anchor = useRef<Anchor>(undefined)
  const placed = useRef(false)
  const size = useRef('')

  function settle(): void {
    const element = list.current
    if (element === null) return
    if (!placed.current && timeline.loaded.value) return place(element)
    if (atBottom.value) element.scrollTop = element.scrollHeight
    else restore(element, anchor.current)
    size.current = sizeOf(element)
    fillAbove(element)
  }

  function fillAbove(element: HTMLElement): void {
    // A list that is not laid out, as behind the details on a phone, has no top either.
    if (element.clientHeight === 0 || element.scrollTop >= AHEAD || timeline.above.value !== 'more') return
    timeline.older().catch(session.report)
  }

  /** First view of a room: at the `new` line when there is one that would be out of sight, else at the bottom. */
  function place(element: HTMLElement): void {
    placed.current = true
    element.scrollTop = element.scrollHeight
    const line = element.querySelector('.line-new')
    const above = line === null ? 0 : element.getBoundingClientRect().top - line.getBoundingClientRect().top
    if (above > 0) element.scrollTop -= above + NEAR
    size.current = sizeOf(element)
    follow()
  }

  function follow(): void {
    const element = list.current
    if (element === null) return
    // The list or its box has another height, and nobody scrolled away from the bottom: it moved off by itself.
    if (atBottom.value && size.current !== sizeOf(element)) settle()
    const below = element.scrollHeight - element.scrollTop - element.clientHeight
    anchor.current = topMessage(element)
    atBottom.value = below < NEAR && timeline.atNewest.value
    fillAbove(element)
    if (below < AHEAD && !timeline.atNewest.value) timeline.newer()
    watch()
  }

  function watch(): void {
    const sees = atBottom.value && document.visibilityState === 'visible'
    session.watching.value = sees ? room.id : undefined
  }

  // After every change of what is shown.
  useLayoutEffect(settle)
  useEffect(() => {
    const element = list.current
    if (element === null) return
    const ended = new AbortController()
    const resized = new ResizeObserver(settle)
    resized.observe(element)
    if (element.firstElementChild !== null) resized.observe(element.firstElementChild)
    element.addEventListener('scroll', follow, { passive: true, signal: ended.signal })
    document.addEventListener('visibilitychange', watch, ended)
    return () => {
      resized.disconnect()
      ended.abort()
      if (session.watching.value === room.id) session.watching.value = undefined
    }
  }, [room.id])

  return () => {
    timeline.newest()
    atBottom.value = true
    settle()
  }
}

function sizeOf({ scrollHeight, clientHeight }: HTMLElement): string {
  return `${scrollHeight} ${clientHeight}`
}

/** The first message whose end is in view. */
function topMessage(list: HTMLElement): Anchor | undefined {
  const { top } = list.getBoundingClientRect()
  const messages = [...list.querySelectorAll<HTMLElement>('.message')]
  const first = messages.find(message => message.getBoundingClientRect().bottom > top)
  return first && { id: first.id, top: first.getBoundingClientRect().top - top }
}

function restore(list: HTMLElement, anchor: Anchor | undefined): void {
  const message = anchor && document.getElementById(anchor.id)
  if (!anchor || !message) return
  list.scrollTop += message.getBoundingClientRect().top - list.getBoundingClientRect().top - anchor.top
}

import { useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { lastRoom } from '../state/last-room.ts'
import type { Route } from '../state/route.ts'
import type { Session } from '../state/session.ts'
import '../styles/workspace.css'
import '../styles/rooms.css'
import '../styles/details.css'
import '../styles/dialogs.css'
import '../styles/timeline.css'
import '../styles/composer.css'
import '../styles/private-rooms.css'
import { DetailsPane } from './details-pane.tsx'
import { Dialogs, type DialogRequest } from './dialogs.tsx'
import { EmptyPane } from './empty-pane.tsx'
import { onDemand } from './on-demand.tsx'
import { JoiningPane } from './joining-pane.tsx'
import { RoomPane } from './room-pane.tsx'
import { RoomsPane } from './rooms-pane.tsx'
import { isPhone, usePhone } from './use-phone.ts'

const NetworkPane = onDemand<{ session: Session }>(async () => (await import('./network-pane.tsx')).NetworkPane)

/** Rooms, timeline and details, side by side where there is room, one at a time on a phone. */
export function Workspace({ session }: { session: Session }) {
  const dialog = useSignal<DialogRequest | undefined>(undefined)
  const ask = (request: DialogRequest): void => {
    dialog.value = request
  }
  const route = session.router.route.value
  const open = session.open.value
  const row = session.rooms.value.find(({ summary }) => route.kind === 'room' && summary.id === route.room)
  const details = route.kind === 'room' && route.details
  const network = route.kind === 'network'
  const phone = usePhone()

  useLastRoom(session)
  useArrivalByLink(session, ask)
  useTitle(session, row?.summary.name)

  return (
    <>
      <div class="workspace" data-pane={paneOf(route, row !== undefined)} aria-hidden={dialog.value !== undefined}>
        <RoomsPane session={session} ask={ask} phone={phone} />
        {network && <NetworkPane session={session} />}
        {row?.summary.joining !== undefined ? (
          <JoiningPane session={session} summary={row.summary} ask={ask} />
        ) : open !== undefined && row !== undefined ? (
          <RoomPane key={open.id} session={session} room={open} summary={row.summary} ask={ask} />
        ) : (
          !phone && !network && <EmptyPane hasRooms={session.rooms.value.length > 0} ask={ask} />
        )}
        {open !== undefined && row !== undefined && row.summary.joining === undefined && details && (
          <DetailsPane session={session} room={open} summary={row.summary} ask={ask} />
        )}
      </div>
      {dialog.value !== undefined && (
        <Dialogs session={session} request={dialog.value} ask={ask} onClose={() => (dialog.value = undefined)} />
      )}
    </>
  )
}

/** The pane that a phone shows. */
function paneOf(route: Route, isOpen: boolean): string {
  if (route.kind === 'network') return 'network'
  if (!isOpen) return 'rooms'
  return route.kind === 'room' && route.details ? 'details' : 'room'
}

/** A link in the address opens its room by itself; the address then names the room, and the link is gone from it. */
function useArrivalByLink(session: Session, ask: (request: DialogRequest) => void): void {
  const { route, replace } = session.router
  const current = route.value
  const openedAt = useRef(session.openedAt)
  useEffect(() => {
    if (current.kind !== 'link') return
    session.peer.joinByLink(location.href, openedAt.current).then(
      room => replace({ kind: 'room', room: room.id, details: false }),
      (thrown: unknown) => {
        replace({ kind: 'rooms' })
        ask({ kind: 'join', link: current.link, problem: thrown })
      }
    )
    openedAt.current = undefined
  }, [current])
}

/** The bare address leads to where one was, if there is room for it beside the list. */
function useLastRoom({ router, memory, rooms }: Session): void {
  useLayoutEffect(() => {
    const room = lastRoom(memory, rooms.value)
    if (router.route.value.kind !== 'rooms' || room === undefined || isPhone()) return
    router.replace({ kind: 'room', room, details: false })
  }, [])
}

function useTitle(session: Session, name: string | undefined): void {
  const unread = session.rooms.value.reduce((sum, { summary }) => sum + summary.unread, 0)
  useEffect(() => {
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${name === undefined ? '' : `${name} - `}Starling`
  }, [unread, name])
}

import type { Signal } from '@preact/signals'
import { useEffect, useId, useRef } from 'preact/hooks'
import { plumageOf, placesOf } from '../flock/scene.ts'
import { showFlock, type Scene, type ShownFlock } from '../flock/show-flock.ts'
import { birdWords, peerName } from '../network-words.ts'
import type { SeenPeer } from '../state/network-view.ts'

interface MurmurationProps {
  readonly peers: readonly SeenPeer[]
  /** The peer whose bird is asked. */
  readonly active: Signal<string | undefined>
}

/**
 * The peers as a flock of starlings. For the keyboard and screen readers it is a list box: the arrows go from bird to
 * bird, and each says in words what its place, size and line show.
 */
export function Murmuration({ peers, active }: MurmurationProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const shown = useRef<ShownFlock>(undefined)
  const prefix = useId()
  const scene: Scene = { places: placesOf(peers), plumage: plumageOf(peers), active: active.value }
  const chosen = peers.findIndex(({ peer }) => peer === active.value)

  useEffect(() => {
    if (canvas.current === null) return
    shown.current = showFlock(canvas.current, scene)
    return () => shown.current?.stop()
  }, [])
  useEffect(() => shown.current?.show(scene))

  function choose(index: number): void {
    active.value = peers[Math.min(peers.length - 1, Math.max(0, index))]?.peer
  }

  function press(event: KeyboardEvent): void {
    const next = nextOf(event.key, chosen, peers.length)
    if (next === undefined) return
    event.preventDefault()
    choose(next)
  }

  function point(event: PointerEvent): void {
    const found = shown.current?.birdAt(event.offsetX, event.offsetY)
    if (found !== undefined || event.type === 'pointerdown') active.value = found
  }

  return (
    <div class="sky">
      <canvas ref={canvas} aria-hidden="true" onPointerMove={point} onPointerDown={point} />
      {peers.length > 0 && (
        <div
          class="flock"
          role="listbox"
          tabIndex={0}
          aria-label="Flock of peers"
          aria-activedescendant={chosen < 0 ? undefined : `${prefix}-${chosen}`}
          onKeyDown={press}
          onFocus={() => chosen < 0 && choose(0)}
        >
          {peers.map((peer, index) => (
            <div key={peer.peer} id={`${prefix}-${index}`} role="option" aria-selected={index === chosen}>
              {birdWords(peer, carrierName(peer, peers))}
            </div>
          ))}
        </div>
      )}
      <p class="sky-caption" aria-hidden="true">
        {captionOf(peers, chosen)}
      </p>
    </div>
  )
}

function nextOf(key: string, chosen: number, count: number): number | undefined {
  switch (key) {
    case 'ArrowRight':
    case 'ArrowDown':
      return chosen + 1
    case 'ArrowLeft':
    case 'ArrowUp':
      return chosen - 1
    case 'Home':
      return 0
    case 'End':
      return count - 1
    default:
      return undefined
  }
}

function captionOf(peers: readonly SeenPeer[], chosen: number): string {
  const peer = peers[chosen]
  if (peer !== undefined) return birdWords(peer, carrierName(peer, peers))
  return peers.length === 0
    ? 'The sky is empty: no peer is connected.'
    : 'Near and bright: directly. Farther out: through a relay.'
}

export function carrierName({ relay }: SeenPeer, peers: readonly SeenPeer[]): string | undefined {
  if (relay === undefined) return undefined
  const found = peers.find(({ peer }) => peer === relay)
  return peerName(found ?? { peer: relay, carries: true })
}

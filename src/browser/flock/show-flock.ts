import { draw, unitOf, type Paper, type Plumage } from './draw.ts'
import { step, still, stretch, type Flyer, type Place, type Sky } from './flock.ts'
import { followPalette } from './palette.ts'

export interface Scene {
  readonly places: readonly Place[]
  readonly plumage: ReadonlyMap<string, Plumage>
  readonly active: string | undefined
}

export interface ShownFlock {
  show(scene: Scene): void
  /** The bird nearest to this point of the canvas, in CSS pixels, if one is there. */
  birdAt(x: number, y: number): string | undefined
  stop(): void
}

/** A finger is about this wide. */
const REACH = 26
/** Sharper than this costs time and cannot be seen. */
const MAX_DENSITY = 2

/** Lets the flock fly on the canvas until it is stopped; still where the user wants no motion. */
export function showFlock(canvas: HTMLCanvasElement, first: Scene): ShownFlock {
  const context = canvas.getContext('2d')
  const calm = matchMedia('(prefers-reduced-motion: reduce)')
  const ended = new AbortController()
  const palette = followPalette(() => calm.matches && redraw(), ended.signal)
  let scene = first
  let flock: readonly Flyer[] = []
  let frame: number | undefined
  let last: number | undefined
  let paper: Paper | undefined

  function measure(): void {
    const { clientWidth: width, clientHeight: height } = canvas
    const density = Math.min(MAX_DENSITY, devicePixelRatio)
    canvas.width = Math.round(width * density)
    canvas.height = Math.round(height * density)
    context?.setTransform(density, 0, 0, density, 0, 0)
    const before = paper && skyOf(paper)
    paper = context === null || width === 0 || height === 0 ? undefined : { context, width, height }
    if (before !== undefined && paper !== undefined) flock = stretch(flock, before, skyOf(paper))
    if (calm.matches) rest()
  }

  function skyOf({ width, height }: Paper): Sky {
    const unit = unitOf({ width, height })
    return { wide: width / 2 / unit, tall: height / 2 / unit }
  }

  function fly(now: number): void {
    frame = requestAnimationFrame(fly)
    if (paper === undefined) return
    flock = step(flock, scene.places, skyOf(paper), (now - (last ?? now)) / 1000)
    last = now
    draw(paper, { ...scene, flock, palette: palette.current(), time: now / 1000 })
  }

  /** The order of things says where birds rest, so that nothing moves when only figures change. */
  function rest(): void {
    if (paper === undefined) return
    flock = still(scene.places, skyOf(paper))
    redraw()
  }

  function redraw(): void {
    if (paper !== undefined) draw(paper, { ...scene, flock, palette: palette.current(), time: 0 })
  }

  function begin(): void {
    if (frame !== undefined) cancelAnimationFrame(frame)
    frame = undefined
    last = undefined
    if (calm.matches) rest()
    else frame = requestAnimationFrame(fly)
  }

  const resized = new ResizeObserver(measure)
  resized.observe(canvas)
  calm.addEventListener('change', begin, ended)
  measure()
  begin()

  return {
    show(next) {
      const moved = placesKey(next.places) !== placesKey(scene.places)
      scene = next
      if (calm.matches && moved) rest()
      else if (calm.matches) redraw()
    },
    birdAt(x, y) {
      if (paper === undefined) return undefined
      const unit = unitOf(paper)
      const [left, top] = [x - paper.width / 2, y - paper.height / 2]
      const away = ({ x: birdX, y: birdY }: Flyer): number => Math.hypot(birdX * unit - left, birdY * unit - top)
      const near = flock.filter(({ leaving }) => leaving === undefined).toSorted((a, b) => away(a) - away(b))[0]
      return near !== undefined && away(near) <= REACH ? near.id : undefined
    },
    stop() {
      if (frame !== undefined) cancelAnimationFrame(frame)
      resized.disconnect()
      ended.abort()
    }
  }
}

function placesKey(places: readonly Place[]): string {
  return places.map(({ id, perch = '' }) => `${id} ${perch}`).join()
}

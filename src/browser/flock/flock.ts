/**
 * The murmuration as a pure step function: boids (Reynolds, 1987: separation, alignment, cohesion) that circle what they
 * hang on. Lengths are in halves of the smaller side of the sky, whose middle is (0, 0); times are seconds.
 */
export interface Flyer {
  readonly id: string
  readonly x: number
  readonly y: number
  readonly vx: number
  readonly vy: number
  /** Since it came; birds fade in. */
  readonly age: number
  /** Since its peer was lost; it glides off. */
  readonly leaving?: number
}

/** Where a bird belongs: on a ring around you, or around the relay that carries it. */
export interface Place {
  readonly id: string
  /** Around you: a share of the way to the edge of the sky. Around a relay: a length. */
  readonly ring: number
  /** The bird of the relay; undefined: you, in the middle. */
  readonly perch?: string | undefined
  /** One on which others perch flies slowly. */
  readonly steady?: boolean
}

/** Half of the width and of the height; the smaller is 1. */
export interface Sky {
  readonly wide: number
  readonly tall: number
}

/** Longer steps, as after a tab was hidden, are cut: nobody jumps. */
const LONGEST_STEP = 0.05
const GLIDE = 2.2
const FLIGHT = { slowest: 0.07, fastest: 0.2 }
const STEADY_FLIGHT = { slowest: 0.012, fastest: 0.035 }
const SIGHT = 0.42
/** Few birds spread all round, so that names do not lie over each other; many draw together. */
const ELBOW_ROOM = { many: 0.12, few: 0.66 }
const MANY = 40
/** Between relays, whose birds have others around them. */
const PERCH_ROOM = 0.4
/** You need more room than the others. */
const OWN_ROOM = 0.27
/** What draws those that a relay carries to its far side, seen from you. */
const OUTWARD = 0.3
const STILL_STEPS = 260

export function step(flock: readonly Flyer[], places: readonly Place[], sky: Sky, seconds: number): Flyer[] {
  const time = Math.min(Math.max(seconds, 0), LONGEST_STEP)
  const placeOf = new Map(places.map(place => [place.id, place]))
  const flyers = new Map(flock.map(flyer => [flyer.id, flyer]))
  const flying = flock.filter(({ id }) => placeOf.has(id))
  const gone = flock.filter(({ id }) => !placeOf.has(id)).flatMap(flyer => glideOff(flyer, time))
  const come = places.flatMap(({ id }, index) => (flyers.has(id) ? [] : [enter(id, index, sky)]))
  const around: Around = { flock: flying, placeOf, flyers, sky, elbowRoom: elbowRoomOf(flying.length) }
  const moved = flying.map(flyer => {
    const place = placeOf.get(flyer.id)
    return place === undefined ? flyer : fly(flyer, place, around, time)
  })
  return [...moved, ...come, ...gone]
}

/** Where they would come to rest, for those who want no motion. */
export function still(places: readonly Place[], sky: Sky): Flyer[] {
  let flock: Flyer[] = []
  for (let count = 0; count < STILL_STEPS; count += 1) flock = step(flock, places, sky, LONGEST_STEP)
  return flock
}

/** The same birds under another sky, as when the window was made narrower. */
export function stretch(flock: readonly Flyer[], from: Sky, to: Sky): Flyer[] {
  return flock.map(flyer => ({ ...flyer, x: (flyer.x * to.wide) / from.wide, y: (flyer.y * to.tall) / from.tall }))
}

/** 0 to 1: how much of the bird is to be seen. */
export function presence({ age, leaving }: Flyer): number {
  return leaving === undefined ? Math.min(1, age / 0.6) : Math.max(0, 1 - leaving / GLIDE)
}

/** One after the other comes from where there is most room: the golden angle on from the last. */
function enter(id: string, index: number, sky: Sky): Flyer {
  const angle = index * GOLDEN_ANGLE - 0.6
  const [x, y] = [Math.cos(angle) * sky.wide * 0.9, Math.sin(angle) * sky.tall * 0.9]
  return { id, x, y, vx: -y * 0.1, vy: x * 0.1, age: 0 }
}

const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5))

function glideOff(flyer: Flyer, time: number): Flyer[] {
  const leaving = (flyer.leaving ?? 0) + time
  if (leaving >= GLIDE) return []
  const away = Math.hypot(flyer.x, flyer.y) || 1
  const vx = flyer.vx + (flyer.x / away) * 0.5 * time
  const vy = flyer.vy + (flyer.y / away - 0.4) * 0.5 * time
  return [{ ...flyer, vx, vy, x: flyer.x + vx * time, y: flyer.y + vy * time, age: flyer.age + time, leaving }]
}

interface Around {
  readonly flock: readonly Flyer[]
  readonly placeOf: ReadonlyMap<string, Place>
  readonly flyers: ReadonlyMap<string, Flyer>
  readonly sky: Sky
  readonly elbowRoom: number
}

function elbowRoomOf(birds: number): number {
  const { many, few } = ELBOW_ROOM
  return many + (few - many) * Math.max(0, 1 - birds / MANY)
}

function fly(flyer: Flyer, place: Place, around: Around, time: number): Flyer {
  const { flyers, sky } = around
  const home = circling(flyer, place, flyers, sky)
  const others = flocking(flyer, place, around)
  const breeze = Math.sin(flyer.age * (0.35 + turnOf(flyer.id) * 0.4) + turnOf(flyer.id) * 40) * 0.03
  const inside = keepInside(flyer, sky)
  const vx = flyer.vx + (home.x + others.x + inside.x - flyer.vy * breeze * 8) * time
  const vy = flyer.vy + (home.y + others.y + inside.y + flyer.vx * breeze * 8) * time
  const { slowest, fastest } = place.steady === true ? STEADY_FLIGHT : FLIGHT
  const speed = Math.hypot(vx, vy) || slowest
  const scale = Math.min(fastest, Math.max(slowest, speed)) / speed
  const x = within(flyer.x + vx * scale * time, sky.wide * EDGE)
  const y = within(flyer.y + vy * scale * time, sky.tall * EDGE)
  const { leaving: _, ...kept } = flyer
  return { ...kept, x, y, vx: vx * scale, vy: vy * scale, age: flyer.age + time }
}

/** No wing is cut off. */
const EDGE = 0.9

function within(value: number, limit: number): number {
  return Math.min(limit, Math.max(-limit, value))
}

interface Push {
  readonly x: number
  readonly y: number
}

/** Towards its ring, and around it, all the same way round; at a relay to and fro on its far side. */
function circling(flyer: Flyer, { ring, perch }: Place, flyers: ReadonlyMap<string, Flyer>, sky: Sky): Push {
  const centre = perch === undefined ? undefined : flyers.get(perch)
  const [wide, tall] = centre === undefined ? [sky.wide, sky.tall] : [1, 1]
  const [x, y] = [(flyer.x - (centre?.x ?? 0)) / wide, (flyer.y - (centre?.y ?? 0)) / tall]
  const distance = Math.hypot(x, y) || 0.001
  const pull = Math.max(-0.5, Math.min(0.5, (ring - distance) * 1.6))
  if (centre !== undefined) {
    const away = Math.hypot(centre.x, centre.y) || 1
    const [outX, outY] = [(centre.x / away) * OUTWARD, (centre.y / away) * OUTWARD]
    return { x: (x / distance) * pull + outX, y: (y / distance) * pull + outY }
  }
  return { x: (x / distance) * pull - (y / distance) * 0.1, y: (y / distance) * pull + (x / distance) * 0.1 }
}

function flocking(flyer: Flyer, place: Place, { flock, placeOf, elbowRoom }: Around): Push {
  let [x, y] = roomFrom(flyer.x, flyer.y, OWN_ROOM, 0.9)
  const isSteady = place.steady === true
  const sight = Math.max(SIGHT, elbowRoom)
  let [count, vx, vy, middleX, middleY] = [0, 0, 0, 0, 0]
  for (const other of flock) {
    const [dx, dy] = [flyer.x - other.x, flyer.y - other.y]
    if (other === flyer || Math.abs(dx) > sight || Math.abs(dy) > sight) continue
    const [awayX, awayY] = roomFrom(
      dx,
      dy,
      isSteady && placeOf.get(other.id)?.steady === true ? PERCH_ROOM : elbowRoom,
      0.55
    )
    x += awayX
    y += awayY
    if (placeOf.get(other.id)?.perch !== place.perch) continue
    count += 1
    vx += other.vx
    vy += other.vy
    middleX += other.x
    middleY += other.y
  }
  if (count === 0) return { x, y }
  const together = flock.length > MANY ? 0.1 : 0
  return {
    x: x + (vx / count - flyer.vx) * 0.35 + (middleX / count - flyer.x) * together,
    y: y + (vy / count - flyer.vy) * 0.35 + (middleY / count - flyer.y) * together
  }
}

function roomFrom(dx: number, dy: number, room: number, strength: number): [x: number, y: number] {
  const distance = Math.hypot(dx, dy)
  if (distance >= room) return [0, 0]
  const push = strength * (1 - distance / room)
  return distance === 0 ? [push, 0] : [(dx / distance) * push, (dy / distance) * push]
}

function keepInside({ x, y }: Flyer, { wide, tall }: Sky): Push {
  const back = (value: number, limit: number): number =>
    Math.abs(value) > limit ? Math.sign(value) * (limit - Math.abs(value)) * 4 : 0
  return { x: back(x, wide * 0.9), y: back(y, tall * 0.86) }
}

const turns = new Map<string, number>()

/** A number from 0 to 1 that the id gives: FNV-1a, remembered because every step asks. */
export function turnOf(id: string): number {
  const known = turns.get(id)
  if (known !== undefined) return known
  let hash = 0x811c9dc5
  for (let index = 0; index < id.length; index += 1) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  const turn = ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32
  if (turns.size > MAX_TURNS) turns.clear()
  turns.set(id, turn)
  return turn
}

/** Many times what a tab is connected to at once; peers come and go for days. */
const MAX_TURNS = 2000

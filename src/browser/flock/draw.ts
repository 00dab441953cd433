import { presence, turnOf, type Flyer } from './flock.ts'
import type { Palette } from './palette.ts'
import { FAR_RING, NEAR_RING } from './rings.ts'
import { swellOf } from './swell.ts'

/** What is drawn of a peer besides where its bird is. */
export interface Plumage {
  readonly id: string
  readonly label: string
  /** Reached with no relay in between. */
  readonly near: boolean
  /** The bird of the relay that carries it; undefined: it is joined to you. */
  readonly perch: string | undefined
  readonly carries: boolean
  /** Bytes per second. */
  readonly rate: number
}

export interface Picture {
  readonly flock: readonly Flyer[]
  readonly plumage: ReadonlyMap<string, Plumage>
  readonly active: string | undefined
  readonly palette: Palette
  /** Seconds, for wings and pulses; a still picture has 0. */
  readonly time: number
}

export interface Paper {
  readonly context: CanvasRenderingContext2D
  /** CSS pixels. */
  readonly width: number
  readonly height: number
}

/** More names than this would lie over each other; the others say theirs when they are asked. */
const MAX_LABELS = 24
const YOU = 'You'
/** Broken lines cost most of a frame when there are many. */
const MAX_DASHED = 80
const MAX_WIDTH = 5
/** A body from above, beak to the right, about 20 long; the wing is mirrored for the other side. */
const BODY = new Path2D('M11 0C9 3 2 3.6-4 2.4L-11 3.6-9.6 0-11-3.6-4-2.4C2-3.6 9-3 11 0z')
const BEAK = new Path2D('M10 1.3 14.5 0 10-1.3z')
const WING = new Path2D('M5 2C4 8 0 13-6.5 16.5-5 11-5 6-3.5 2z')

/** Length in CSS pixels of what the flock calls 1. */
export function unitOf({ width, height }: Pick<Paper, 'width' | 'height'>): number {
  return Math.min(width, height) / 2
}

export function draw(paper: Paper, picture: Picture): void {
  const { context, width, height } = paper
  context.clearRect(0, 0, width, height)
  context.save()
  context.translate(width / 2, height / 2)
  drawRings(paper, picture)
  const flyers = new Map(picture.flock.map(flyer => [flyer.id, flyer]))
  for (const flyer of picture.flock) drawLine(paper, picture, flyer, flyers)
  drawYou(paper, picture)
  for (const flyer of picture.flock) drawBird(paper, picture, flyer)
  drawLabels(paper, picture)
  context.restore()
}

/** Where the direct ones fly, and how far out the others do. */
function drawRings({ context, width, height }: Paper, { palette }: Picture): void {
  context.strokeStyle = palette.ring
  context.lineWidth = 1
  context.setLineDash([2, 7])
  for (const share of [NEAR_RING, FAR_RING]) {
    context.beginPath()
    context.ellipse(0, 0, (width / 2) * share, (height / 2) * share, 0, 0, 2 * Math.PI)
    context.stroke()
  }
  context.setLineDash([])
}

function drawLine(
  paper: Paper,
  { plumage, palette, time }: Picture,
  flyer: Flyer,
  flyers: ReadonlyMap<string, Flyer>
): void {
  const known = plumage.get(flyer.id)
  if (known === undefined) return
  const { context } = paper
  const unit = unitOf(paper)
  const perch = known.perch === undefined ? undefined : flyers.get(known.perch)
  const from = { x: (perch?.x ?? 0) * unit, y: (perch?.y ?? 0) * unit }
  const to = { x: flyer.x * unit, y: flyer.y * unit }
  const bend = 0.12
  const middle = {
    x: (from.x + to.x) / 2 + (from.y - to.y) * bend,
    y: (from.y + to.y) / 2 + (to.x - from.x) * bend
  }
  const swell = swellOf(known.rate)
  context.globalAlpha = presence(flyer) * (known.near ? 0.34 + 0.5 * swell : 0.5 + 0.4 * swell)
  context.strokeStyle = known.near ? palette.line : palette.relayLine
  context.lineWidth = 1 + (MAX_WIDTH * Math.min(1, crowded(plumage.size)) - 1) * swell
  context.setLineDash(known.near || plumage.size > MAX_DASHED ? [] : [4, 5])
  context.beginPath()
  context.moveTo(from.x, from.y)
  context.quadraticCurveTo(middle.x, middle.y, to.x, to.y)
  context.stroke()
  context.setLineDash([])
  if (swell > 0 && time > 0) drawPulse(context, palette, [from, middle, to], swell, time + turnOf(flyer.id) * 3)
  context.globalAlpha = 1
}

type Point = { readonly x: number; readonly y: number }

/** A drop that runs along the line while data does. */
function drawPulse(
  context: CanvasRenderingContext2D,
  palette: Palette,
  [from, middle, to]: readonly [Point, Point, Point],
  swell: number,
  time: number
): void {
  const along = (time * 0.7) % 1
  const rest = 1 - along
  const at = (axis: 'x' | 'y'): number =>
    rest * rest * from[axis] + 2 * rest * along * middle[axis] + along * along * to[axis]
  context.globalAlpha = 0.9
  context.fillStyle = palette.line
  context.beginPath()
  context.arc(at('x'), at('y'), 2 + 2.2 * swell, 0, 2 * Math.PI)
  context.fill()
}

function drawYou(paper: Paper, { palette, time }: Picture): void {
  const { context } = paper
  const radius = 52
  const glow = context.createRadialGradient(0, 0, 4, 0, 0, radius)
  glow.addColorStop(0, palette.glow[0])
  glow.addColorStop(1, palette.glow[1])
  context.fillStyle = glow
  context.beginPath()
  context.arc(0, 0, radius, 0, 2 * Math.PI)
  context.fill()
  drawShape(context, palette, { x: 0, y: 0, angle: -Math.PI / 2, size: 1.45, hue: 288, near: true, flap: calm(time) })
}

function calm(time: number): number {
  return 0.92 + 0.06 * Math.sin(time * 1.6)
}

function drawBird(paper: Paper, { plumage, palette, active, time }: Picture, flyer: Flyer): void {
  const { context } = paper
  const unit = unitOf(paper)
  const { near = false, carries = false } = plumage.get(flyer.id) ?? {}
  const [x, y] = [flyer.x * unit, flyer.y * unit]
  const size = (near ? 1 : 0.78) * (carries ? 1.18 : 1) * crowded(plumage.size)
  context.globalAlpha = presence(flyer) * (near ? 1 : 0.9)
  if (flyer.id === active) drawFocus(context, palette, x, y, 22 * size)
  if (carries) drawPerch(context, palette, x, y, size)
  const flap = flapOf(flyer, time, carries)
  const hue = Math.round(180 + turnOf(flyer.id) * 150)
  drawShape(context, palette, { x, y, angle: Math.atan2(flyer.vy, flyer.vx), size, hue, near, flap })
  context.globalAlpha = 1
}

/** In a big flock each is smaller. */
function crowded(birds: number): number {
  return birds <= 30 ? 1.15 : Math.max(0.5, 1.15 * Math.sqrt(30 / birds))
}

/** Starlings beat their wings in bursts and glide between; one that is leaving only glides. */
function flapOf(flyer: Flyer, time: number, carries: boolean): number {
  if (flyer.leaving !== undefined || carries) return calm(time)
  const phase = turnOf(flyer.id) * 60
  const burst = Math.max(0, Math.sin(time * 1.1 + phase))
  return 1 - burst * (0.3 + 0.3 * Math.sin(time * 17 + phase))
}

interface Shape extends Point {
  readonly angle: number
  readonly size: number
  readonly hue: number
  readonly near: boolean
  /** Share of the span to which the wings are spread. */
  readonly flap: number
}

function drawShape(context: CanvasRenderingContext2D, palette: Palette, shape: Shape): void {
  const { x, y, angle, size, hue, near, flap } = shape
  context.save()
  context.translate(x, y)
  context.rotate(angle)
  context.scale(size, size)
  context.fillStyle = palette.wing(hue, near)
  for (const side of [flap, -flap]) {
    context.save()
    context.scale(1, side)
    fillPath(context, WING)
    context.restore()
  }
  context.fillStyle = palette.beak
  fillPath(context, BEAK)
  context.fillStyle = palette.body(hue, near)
  fillPath(context, BODY)
  context.restore()
}

/** A relay is what others perch on. */
function drawPerch(context: CanvasRenderingContext2D, palette: Palette, x: number, y: number, size: number): void {
  context.strokeStyle = palette.relayLine
  context.lineWidth = 1.5
  context.beginPath()
  context.arc(x, y, 21 * size, 0, 2 * Math.PI)
  context.stroke()
}

function drawFocus(context: CanvasRenderingContext2D, palette: Palette, x: number, y: number, radius: number): void {
  context.strokeStyle = palette.focus
  context.lineWidth = 2.5
  context.beginPath()
  context.arc(x, y, radius + 4, 0, 2 * Math.PI)
  context.stroke()
}

function drawLabels(paper: Paper, { flock, plumage, active, palette }: Picture): void {
  const { context } = paper
  const unit = unitOf(paper)
  context.textAlign = 'center'
  context.textBaseline = 'top'
  context.lineJoin = 'round'
  drawLabel(paper, palette, YOU, 0, 30, true)
  for (const flyer of flock) {
    const known = plumage.get(flyer.id)
    if (known === undefined || (plumage.size > MAX_LABELS && flyer.id !== active)) continue
    context.globalAlpha = presence(flyer)
    const below = (known.carries ? 28 : known.near ? 21 : 17) * crowded(plumage.size)
    drawLabel(paper, palette, known.label, flyer.x * unit, flyer.y * unit + below, known.near)
  }
  context.globalAlpha = 1
}

/** Kept inside the picture, on a halo that parts it from lines. */
function drawLabel(paper: Paper, palette: Palette, text: string, x: number, y: number, strong: boolean): void {
  const { context, width, height } = paper
  context.font = `${strong ? 600 : 500} 12px system-ui, sans-serif`
  const shown = text.length > 18 ? `${text.slice(0, 17)}…` : text
  const half = context.measureText(shown).width / 2 + 4
  const left = Math.max(half - width / 2, Math.min(width / 2 - half, x))
  const top = Math.min(height / 2 - 18, y)
  context.strokeStyle = palette.halo
  context.lineWidth = 4
  context.strokeText(shown, left, top)
  context.fillStyle = palette.text
  context.fillText(shown, left, top)
}

function fillPath(context: CanvasRenderingContext2D, path: Path2D): void {
  context.fill(path)
}

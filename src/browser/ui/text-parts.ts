/** A stretch of a message; with `href` when it is a web address. */
export interface TextPart {
  readonly text: string
  readonly href?: string
}

/** Longer ones are no addresses that anybody follows. */
const WEB_ADDRESS = /\bhttps?:\/\/[^\s<>"'`\p{C}]{1,2000}/giu
/** Ends a sentence rather than an address. */
const TRAILING = new Set('.,:;!?…')
/** Links shown as links; a paste of more is read as text. */
const MAX_LINKS = 200

/** Cuts a text at its http and https addresses; no other scheme ever becomes a link. */
export function splitLinks(text: string): TextPart[] {
  const parts: TextPart[] = []
  let from = 0
  for (const match of text.matchAll(WEB_ADDRESS)) {
    if (parts.length > MAX_LINKS * 2) break
    const address = withoutTail(match[0])
    const href = hrefOf(address)
    if (href === undefined) continue
    if (match.index > from) parts.push({ text: text.slice(from, match.index) })
    parts.push({ text: address, href })
    from = match.index + address.length
  }
  if (from < text.length) parts.push({ text: text.slice(from) })
  return parts
}

/** Without the full stop after it, and without a closing bracket that was opened before it. */
function withoutTail(address: string): string {
  const bracketed = address.includes('(')
  let end = address.length
  while (TRAILING.has(address.charAt(end - 1)) || (!bracketed && address.charAt(end - 1) === ')')) end--
  return address.slice(0, end)
}

function hrefOf(address: string): string | undefined {
  const url = URL.parse(address)
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' ? url.href : undefined
}

const FOLD_CHARACTERS = 1200
const FOLD_LINES = 20

/** The beginning of a text too long to stand in the timeline whole; undefined when it may. */
export function foldText(text: string): string | undefined {
  const lines = text.split('\n', FOLD_LINES + 1)
  if (text.length <= FOLD_CHARACTERS && lines.length <= FOLD_LINES) return undefined
  const start = lines.slice(0, FOLD_LINES).join('\n').slice(0, FOLD_CHARACTERS)
  // Ends with a word, where there are words, and never within a surrogate pair.
  return `${start.replace(/\s+\S{0,40}$/, '').replace(/[\ud800-\udbff]$/, '')} …`
}

const FEW_EMOJI = /^(?:\p{RGI_Emoji}\s*){1,3}$/v
const MAX_EMOJI_TEXT = 64

export function isOnlyEmoji(text: string): boolean {
  return text.length <= MAX_EMOJI_TEXT && FEW_EMOJI.test(text)
}

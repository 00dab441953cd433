import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { count } from '../words.ts'
import { foldText, isOnlyEmoji, splitLinks } from './text-parts.ts'

/**
 * What somebody wrote, as text and nothing else: web addresses become links, a few emoji alone are shown large, a long
 * paste is folded. Each message is a block of its own direction, so that no control character reaches beyond it.
 */
export function MessageText({ text }: { text: string }) {
  const [whole, setWhole] = useState(false)
  const folded = foldText(text)
  const shown = whole || folded === undefined ? text : folded
  return (
    <div class="message-text" data-emoji={isOnlyEmoji(text)} dir="auto">
      {splitLinks(shown).map(renderPart)}
      {folded !== undefined && (
        <button type="button" class="fold" aria-expanded={whole} onClick={() => setWhole(!whole)}>
          {whole ? 'Show less' : `Show all ${count(wordsIn(text), 'word', 'words')}`}
        </button>
      )}
    </div>
  )
}

function renderPart(part: { text: string; href?: string }, index: number): ComponentChildren {
  if (part.href === undefined) return part.text
  return (
    <a key={index} href={part.href} title={part.href} target="_blank" rel="noopener noreferrer">
      {part.text}
    </a>
  )
}

function wordsIn(text: string): number {
  return text.match(/\S+/g)?.length ?? 0
}

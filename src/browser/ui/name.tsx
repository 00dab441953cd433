import type { CSSProperties } from 'preact'

/** The letters of the key with which the peer tells members of the same name apart, as in `anna-7f3a`. */
const KEY_LETTERS = /-[0-9a-f]{4,64}$/

/** A member's name on one line; cut in the middle where it does not fit, and whole in the tip. */
export function Name({ nick, class: name, style }: { nick: string; class: string; style?: CSSProperties }) {
  const key = KEY_LETTERS.exec(nick)?.[0] ?? ''
  return (
    <bdi class={`name ${name}`} style={style} title={nick}>
      <span class="name-start">{nick.slice(0, nick.length - key.length)}</span>
      {key !== '' && <span class="name-key">{key}</span>}
    </bdi>
  )
}

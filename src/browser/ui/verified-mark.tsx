import { CheckIcon } from './icons.tsx'

const WORDS = 'Verified: you compared the safety number'

/** Beside the name of somebody whose safety number was compared on this device. */
export function VerifiedMark() {
  return (
    <span class="verified" role="img" aria-label={WORDS} title={WORDS}>
      <CheckIcon />
    </span>
  )
}

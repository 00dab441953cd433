/** The starling: a speckled bird, singing. Drawn once more in `public/starling.svg`, for the tab. */
export function Logo({ size = 28 }: { size?: number }) {
  return (
    <svg class="logo" viewBox="0 0 64 64" width={size} height={size} aria-hidden="true">
      <path class="logo-beak" d="M47 14 61 7 49 21z" />
      <path
        class="logo-body"
        d="M3 60 21 36c1-17 8-27 19-27 7 0 11 5 11 12 0 5-3 8-3 13 0 13-10 20-23 20-6 0-11 1-15 3z"
      />
      <path class="logo-wing" d="M11 52c4-17 13-25 29-25 0 15-11 24-29 25z" />
      <path class="logo-speckles" d="M30 21h0M36 26h0M27 33h0M44 30h0M42 38h0M35 46h0M27 49h0M41 45h0" />
      <circle class="logo-eye" cx="42.5" cy="17.5" r="1.9" />
    </svg>
  )
}

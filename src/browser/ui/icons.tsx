import type { ComponentChildren } from 'preact'

/** Icons on a grid of 20, drawn with the text's colour. They never stand alone: each button has a name. */
function icon(paths: ComponentChildren) {
  return () => (
    <svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      {paths}
    </svg>
  )
}

export const BackIcon = icon(<path d="M12 4 6 10l6 6" />)
export const CheckIcon = icon(<path d="m4 10.5 4 4 8-9" />)
export const CloseIcon = icon(<path d="m5 5 10 10M15 5 5 15" />)
export const DeleteIcon = icon(<path d="M4 6h12M8 6V4h4v2M5.5 6l.7 10h7.6l.7-10M8.5 9v4.5M11.5 9v4.5" />)
export const EditIcon = icon(<path d="m4 16 .8-3.2L13 4.6l2.4 2.4-8.2 8.2zM11.5 6.1l2.4 2.4" />)
export const DetailsIcon = icon(
  <>
    <rect x="3" y="4" width="14" height="12" rx="2.5" />
    <path d="M12.5 4v12" />
  </>
)
export const InviteIcon = icon(<path d="M8.5 6H7a4 4 0 0 0 0 8h1.5M11.5 6H13a4 4 0 0 1 0 8h-1.5M7 10h6" />)
export const JoinIcon = icon(<path d="M9 4h5a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H9M3.5 10h8M8.5 7l3 3-3 3" />)
export const LeaveIcon = icon(<path d="M11 4H6a2 2 0 0 0-2 2v8a2 2 0 0 0 2 2h5M8.5 10h8M13.5 7l3 3-3 3" />)
export const MessageIcon = icon(<path d="M4 5h12v8H9l-3.5 3v-3H4z" />)
export const MoreIcon = icon(
  <g fill="currentColor" stroke="none">
    <circle cx="4.5" cy="10" r="1.6" />
    <circle cx="10" cy="10" r="1.6" />
    <circle cx="15.5" cy="10" r="1.6" />
  </g>
)
export const NewIcon = icon(<path d="M10 4v12M4 10h12" />)
export const NewestIcon = icon(<path d="M10 4v12M5 11l5 5 5-5" />)
export const SafetyIcon = icon(
  <path d="M10 3 4.5 5v4.5c0 3.4 2.3 6 5.5 7.5 3.2-1.5 5.5-4.1 5.5-7.5V5zM7.4 10h.01M10 10h.01M12.6 10h.01" />
)
export const SendIcon = icon(<path d="M10 16V4M5 9l5-5 5 5" />)
export const SettingsIcon = icon(
  <>
    <path d="M3 6h8M15 6h2M3 14h2M9 14h8" />
    <circle cx="13" cy="6" r="2" />
    <circle cx="7" cy="14" r="2" />
  </>
)

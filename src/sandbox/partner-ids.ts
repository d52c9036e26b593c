const LETTERS = '0123456789abcdefghijklmnopqrstuvwxyz'

/** Ids and tokens in the partner's shapes. A running number inside keeps them apart however dull `random` is. */
export function makePartnerIds(random: () => number) {
  let count = 0
  const letters = (length: number) =>
    Array.from({ length }, () => LETTERS[Math.floor(random() * LETTERS.length)]).join('')
  const running = () => (count++).toString(36).padStart(4, '0')

  return {
    /** `link_sandbox_` and 12 lower-case alphanumerics; likewise `user`, `op`, `dr`. */
    id: (kind: 'link' | 'user' | 'op' | 'dr' | 'whd') => `${kind}_sandbox_${letters(8)}${running().slice(-4)}`,
    secret: () => `whsec_sandbox_${letters(24)}`,
    uuid: () => shapeUuid(Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('')),
  }
}
export type PartnerIds = ReturnType<typeof makePartnerIds>

const shapeUuid = (hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`

import type { DispatchStatus } from './dispatch.ts'

const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz'
/** Random bytes a code is made of: each gives one letter, and five bits. */
export const CODE_LENGTH = 16

/** A code of our own, as it stands in a message instead of the partner's link: 80 bits, in letters of which no two look alike. */
export const codeOf = (random: Uint8Array): string => Array.from(random, (byte) => LETTERS.charAt(byte & 31)).join('')

/** As long as a real one, and nobody's. */
export const SAMPLE_CODE = 'sample'.padEnd(CODE_LENGTH, '0')

/** A code as it was made, out of a path that somebody may have typed; undefined when it cannot be one. */
export function readCode(text: string): string | undefined {
  const code = text.toLowerCase().replaceAll('o', '0').replace(/[il]/g, '1')
  return code.length === CODE_LENGTH && /^[0-9a-hjkmnp-tv-z]+$/.test(code) ? code : undefined
}

/** Codes die with their dispatch: it was ended by somebody, or ran out before anything was sent. */
export const endsCodes = (status: DispatchStatus): boolean =>
  status === 'cancelled' || status === 'superseded' || status === 'suppressed' || status === 'expired'

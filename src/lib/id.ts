import { v7 } from 'uuid'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

export const newUuid = (): string => v7()

/** `dsp_` + 26 characters of Crockford base32: a UUID a person can read out and a URL can carry. */
export function showId(prefix: string, uuid: string): string {
  const hex = `00${uuid.replaceAll('-', '')}`
  let text = ''
  let held = 0
  let bits = 0
  // 130 bits, of which the first two are nothing: 26 letters of five.
  for (let i = 0; i < hex.length; i++) {
    held = (held << 4) | Number.parseInt(hex.charAt(i), 16)
    bits += i === 0 ? 0 : i === 1 ? 2 : 4
    if (bits >= 5) {
      bits -= 5
      text += ALPHABET.charAt((held >> bits) & 31)
    }
  }
  return `${prefix}_${text}`
}

/** The UUID behind a shown id, or undefined when it is not one of ours. */
export function readId(prefix: string, shown: string): string | undefined {
  if (!shown.startsWith(`${prefix}_`) || shown.length !== prefix.length + 27) return undefined
  let value = 0n
  for (const letter of shown.slice(prefix.length + 1).toLowerCase()) {
    const digit = ALPHABET.indexOf(letter)
    if (digit < 0) return undefined
    value = (value << 5n) | BigInt(digit)
  }
  if (value >> 128n) return undefined
  const hex = value.toString(16).padStart(32, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

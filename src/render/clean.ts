/** What becomes of words that came from outside before they stand in a message (reference, S17 and S20). */

const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/
/** Line ends and all other blanks, controls included: each run becomes one space. */
const BLANKS = /[\s\p{Cc}\u2028\u2029]+/gu
/** Format characters (bidi controls, zero width, tags, BOM), fillers that only look like letters, lone surrogates, private use; the joiner is judged below. */
const INVISIBLE = /(?!\u200d)[\p{Cf}\p{Cs}\p{Co}\u115f\u1160\u2800\u3164\uffa0]|\u034f|\u17b4|\u17b5/gu
const LONE_JOINERS =
  /(?<!\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)\u200d|\u200d(?!\p{Extended_Pictographic})/gu
const STACKED_MARKS = /(\p{M}{4})\p{M}+/gu

/** One line of visible characters: no controls, no direction tricks, nothing of zero width but the joiners inside emoji. */
export function cleanText(value: string): string {
  if (PLAIN.test(value) && !value.includes('  ')) return value
  return value
    .normalize('NFC')
    .replace(INVISIBLE, '')
    .replace(LONE_JOINERS, '')
    .replace(STACKED_MARKS, '$1')
    .replace(BLANKS, ' ')
    .trim()
}

/** A dot as resolvers read it: ASCII, ideographic, full and half width, one dot leader. */
const DOT = '[.\\u3002\\uff0e\\uff61\\u2024]'
const LINK_SIGNS = new RegExp(`://|@|${DOT}`, 'u')
const SCHEME = /[a-z][a-z0-9+.-]{0,30}:\/\/+/giu
const DOMAIN_DOT = new RegExp(`(?<=[\\p{L}\\p{N}_-])(${DOT})(?=\\p{L}{2})`, 'gu')
const IP_ADDRESS = new RegExp(`\\b\\d{1,3}(?:${DOT}\\d{1,3}){3}\\b`, 'gu')

/** The text with every address in it broken, so that no mail or phone program makes a link of it: "evil.com" → "evil. com". */
export function defuse(text: string): string {
  if (!LINK_SIGNS.test(text)) return text
  return text
    .replace(SCHEME, '')
    .replace(DOMAIN_DOT, '$1 ')
    .replace(IP_ADDRESS, (address) => address.replace(new RegExp(DOT, 'gu'), ' '))
}

const LONGEST_NAME = 40
const PHONE_NUMBER = /\d(?:[\s().+/-]*\d){4}/u

/**
 * A name as a person would sign it, or '' so that the greeting stays neutral: what holds an address, a phone number
 * or no letter at all, or is longer than any name a greeting can carry, is not shown at all.
 */
export function cleanName(value: string): string {
  const name = cleanText(value)
  if (name.length > LONGEST_NAME || !/\p{L}/u.test(name)) return ''
  if (name.includes('@') || PHONE_NUMBER.test(name) || defuse(name) !== name) return ''
  return name
}

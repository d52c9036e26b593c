import { SegmentedMessage } from 'sms-segments-calculator'

export interface Segmented {
  encoding: 'GSM-7' | 'UCS-2'
  segments: number
  characters: number
}

/** How a text travels: one letter outside GSM-7 more than halves what fits into a segment. */
export function segments(text: string): Segmented {
  return GSM_7.test(text) ? inSeptets(text) : SINGLE.test(text) ? inUnits(text) : asCalculated(text)
}

const EXTENDED = '\\f[\\\\\\]^{|}~€'
/** 3GPP TS 23.038: the default alphabet, and its extension, whose letters take two places. */
const GSM_7 = new RegExp(`^[\\n\\r -_a-z${EXTENDED}¡£¤¥§¿ÄÅÆÇÉÑÖØÜßàäåæèéìñòöøùüΓΔΘΛΞΠΣΦΨΩ]*$`)
const TWO_PLACES = new RegExp(`[${EXTENDED}]`, 'g')
/** Letters of which each is a character of its own, whatever stands beside it. */
const SINGLE =
  /^[\n\r -~\u00a1-\u02ff\u0391-\u03ff\u0400-\u0481\u048a-\u052f\u05d0-\u05ea\u0620-\u064a\u0660-\u066f\u2010-\u2027\u20a0-\u20bf]*$/

/** A letter of two places does not stand with one in each of two segments. */
function inSeptets(text: string): Segmented {
  const characters = text.length + (text.match(TWO_PLACES)?.length ?? 0)
  if (characters <= 160) return { encoding: 'GSM-7', segments: 1, characters }
  if (characters === text.length) return { encoding: 'GSM-7', segments: Math.ceil(characters / 153), characters }
  let count = 1
  let used = 0
  for (const letter of text) {
    const places = letter.search(TWO_PLACES) === 0 ? 2 : 1
    if (used + places > 153) {
      count += 1
      used = 0
    }
    used += places
  }
  return { encoding: 'GSM-7', segments: count, characters }
}

function inUnits({ length }: string): Segmented {
  return { encoding: 'UCS-2', segments: length <= 70 ? 1 : Math.ceil(length / 67), characters: length }
}

/** Knows every script and emoji, and takes milliseconds for it. */
function asCalculated(text: string): Segmented {
  const message = new SegmentedMessage(text)
  return { encoding: message.encodingName, segments: message.segmentsCount, characters: message.numberOfCharacters }
}

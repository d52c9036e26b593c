import { SegmentedMessage } from 'sms-segments-calculator'

/** How a text travels: one letter outside GSM-7 more than halves what fits into a segment. */
export function segments(text: string): { encoding: 'GSM-7' | 'UCS-2'; segments: number; characters: number } {
  const message = new SegmentedMessage(text)
  return { encoding: message.encodingName, segments: message.segmentsCount, characters: message.numberOfCharacters }
}

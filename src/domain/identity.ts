/** A CLABE: 18 digits, the last one the check digit over weights 3, 7, 1. */
export function isClabe(text: string): boolean {
  if (!/^\d{18}$/.test(text)) return false

  const sum = [...text.slice(0, 17)].reduce(
    (total, digit, index) => total + ((Number(digit) * clabeWeight(index)) % 10),
    0,
  )
  return Number(text[17]) === (10 - (sum % 10)) % 10
}

/** A US social security number as `NNN-NN-NNNN`; area 000, 666 and 9xx, group 00 and serial 0000 were never issued. */
export const isSsn = (text: string) => /^(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}$/.test(text)

/** A Mexican CURP: shape, birth date and check digit. */
export function isCurp(text: string): boolean {
  const parts = /^[A-Z][AEIOUX][A-Z]{2}(\d\d)(\d\d)(\d\d)[HMX](?:[A-Z]{2})[B-DF-HJ-NP-TV-Z]{3}([A-Z\d])\d$/.exec(text)
  if (!parts) return false

  const [, year, month, date, homonym = ''] = parts
  const century = /\d/.test(homonym) ? '19' : '20'
  return calendarDay(`${century}${year}-${month}-${date}`) !== undefined && Number(text[17]) === curpCheckDigit(text)
}

/** A birth date `YYYY-MM-DD` from 1900 on and not after today (UTC). */
export function isBirthDate(text: string, now: Date): boolean {
  const day = calendarDay(text)
  return day !== undefined && text >= '1900-01-01' && day <= now.getTime()
}

const clabeWeight = (index: number) => [3, 7, 1].at(index % 3) ?? 0

const CURP_ALPHABET = '0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ'

function curpCheckDigit(text: string): number {
  const sum = [...text.slice(0, 17)].reduce(
    (total, sign, index) => total + CURP_ALPHABET.indexOf(sign) * (18 - index),
    0,
  )
  return (10 - (sum % 10)) % 10
}

/** Epoch ms of a day that exists. */
function calendarDay(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return undefined
  const at = Date.parse(text)
  return Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== text ? undefined : at
}

import { createHash, timingSafeEqual } from 'node:crypto'
import type { ReceiptRequest } from '../flow/ports-receipts.ts'

/** What a stranger sent is read field by field: nothing is expected to be there, or to be what it should be. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The value at a path through objects and arrays, own fields only. */
export function dig(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>(
    (at, name) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, name) ? Reflect.get(at, name) : undefined,
    value,
  )
}

export const asText = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' && value.length <= 2_000 ? value : undefined

export const textAt = (value: unknown, ...path: (string | number)[]): string | undefined => asText(dig(value, ...path))

export const listAt = (value: unknown, ...path: (string | number)[]): unknown[] => {
  const found = dig(value, ...path)
  return Array.isArray(found) ? found : []
}

/** A row of a table, and never what every object has besides. */
export const rowOf = <T>(table: Record<string, T>, name: string | undefined): T | undefined =>
  name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined

/** A time as text or as seconds since 1970. */
export function timeOf(value: unknown): Date | null {
  const date = new Date(typeof value === 'number' ? value * 1_000 : (asText(value) ?? Number.NaN))
  return Number.isNaN(date.getTime()) ? null : date
}

/** A header that came once; twice is as good as never. */
export function headerOf({ headers }: Pick<ReceiptRequest, 'headers'>, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Compares without telling by the time it takes where two texts part. */
export function sameText(one: string, other: string): boolean {
  return timingSafeEqual(sha256(one), sha256(other))
}

export const sha256 = (data: string | Buffer): Buffer => createHash('sha256').update(data).digest()

/** The partner's identification set: what it asks the user for when the prefill leaves it out. */
const CIP_FIELDS = [
  'name.firstName',
  'name.secondName',
  'name.lastName',
  'name.secondLastName',
  'idNumber',
  'idType',
  'dob',
]

export const missingCipFields = (userData: Record<string, unknown> | null): string[] =>
  CIP_FIELDS.filter((path) => !textAt(userData, path))

/** The text under a dotted path of the user's data, or an empty one. */
export function textAt(userData: Record<string, unknown> | null, path: string): string {
  const value = path
    .split('.')
    .reduce<unknown>((inside, name) => (isRecord(inside) ? inside[name] : undefined), userData)
  return typeof value === 'string' ? value : ''
}

/** `more` over `base`, object by object. */
export function merged(base: Record<string, unknown> | null, more: Record<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = { ...base }
  for (const [name, value] of Object.entries(more)) {
    const before = result[name]
    result[name] = isRecord(before) && isRecord(value) ? merged(before, value) : value
  }
  return result
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

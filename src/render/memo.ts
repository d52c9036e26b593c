/** Remembers answers by key, the newest `limit` of them: locales and zones come from outside, so memory must be bounded. */
export function memo<T>(limit: number): (key: string, make: () => T) => T {
  const known = new Map<string, { value: T }>()
  return (key, make) => {
    const hit = known.get(key)
    if (hit) return hit.value
    const value = make()
    if (known.size >= limit) known.delete(known.keys().next().value ?? '')
    known.set(key, { value })
    return value
  }
}

/** One field of a form or query as plain text: trimmed, without control characters, at most 500 long. */
export function field(fields: unknown, name: string): string {
  const value = typeof fields === 'object' && fields !== null ? (fields as Record<string, unknown>)[name] : undefined
  return typeof value === 'string'
    ? value
        .replace(/[\p{Cc}\p{Cs}]/gu, '')
        .trim()
        .slice(0, 500)
    : ''
}

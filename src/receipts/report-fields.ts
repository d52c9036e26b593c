export type Fields = ReadonlyMap<string, string>

const MOST_BLOCKS = 50
const MOST_LINES = 2_000
const LONGEST_VALUE = 2_000

/**
 * Blocks of `Name: value` with empty lines between them: message/delivery-status (RFC 3464), a feedback report
 * (RFC 5965), or the head of a mail. Names in lower case; the first of two fields with one name counts.
 */
export function readBlocks(text: string): Fields[] {
  const blocks: Map<string, string>[] = [new Map()]
  for (const line of unfolded(text)) {
    const block = blocks.at(-1) ?? new Map<string, string>()
    if (line.trim() !== '') readField(line, block)
    else if (block.size > 0) blocks.push(new Map())
    if (blocks.length > MOST_BLOCKS) break
  }
  return blocks.filter((block) => block.size > 0)
}

function readField(line: string, block: Map<string, string>): void {
  const [, name, value] = /^([!-9;-~]{1,100})[ \t]*:(.*)$/.exec(line) ?? []
  const key = name?.toLowerCase()
  if (key !== undefined && value !== undefined && !block.has(key)) block.set(key, value.trim().slice(0, LONGEST_VALUE))
}

/** Lines that begin with a blank belong to the one before. */
function unfolded(text: string): string[] {
  const lines: string[] = []
  for (const line of text.split(/\r?\n/, MOST_LINES)) {
    const last = lines.length - 1
    if (/^[ \t]+\S/.test(line) && last >= 0 && lines[last] !== '') {
      lines[last] = `${lines[last]?.slice(0, LONGEST_VALUE)} ${line.trim()}`
    } else lines.push(line)
  }
  return lines
}

/** `rfc822; someone@example.com` → the address. */
export function addressOf(field: string | undefined): string | null {
  const address = field
    ?.replace(/^[^;]*;/, '')
    .trim()
    .replace(/^<|>$/g, '')
  return address && /^[^\s@<>]{1,254}@[^\s@<>]{1,254}$/.test(address) ? address : null
}

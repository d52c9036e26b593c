import type { IncomingMessage } from 'node:http'

const BLOCK = 65_536

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be'
export interface Text {
  encoding: Encoding
  /** The first 64 KB, or all there is. */
  head: string
  /** Nothing comes after the head. */
  isShort: boolean
  /** The rest; the last one says so. The sender waits while a block is worked on. */
  blocks(): AsyncGenerator<{ text: string; last: boolean }>
}

/** A file as it comes in, decoded; a sentence when it is in no encoding we can be sure of. */
export async function readText(chunks: AsyncIterable<Buffer>): Promise<Text | { problem: string }> {
  const blocks = blocksOf(chunks)
  const first = await blocks.next()
  const head = first.done ? Buffer.alloc(0) : first.value
  const encoding = encodingOf(head)
  if (encoding === undefined) return { problem: NOT_UNICODE }
  const decoder = new TextDecoder(encoding)
  const text = decoder.decode(head, { stream: true })
  if (encoding === 'utf-8' && isOldEncoding(text)) return { problem: NOT_UNICODE }
  return {
    encoding,
    head: text,
    isShort: head.length < BLOCK,
    async *blocks() {
      for await (const block of blocks) yield { text: decoder.decode(block, { stream: true }), last: false }
      yield { text: decoder.decode(), last: true }
    },
  }
}

/** The body of a request, which stays open when reading ends early: an answer is still to be sent. */
export const chunksOf = (req: IncomingMessage): AsyncIterable<Buffer> => req.iterator({ destroyOnReturn: false })

const NOT_UNICODE =
  'is not in UTF-8: save it again as "CSV UTF-8 (comma delimited)" in Excel, or export it with the encoding UTF-8'

async function* blocksOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = []
  let size = 0
  for await (const chunk of chunks) {
    held.push(chunk)
    size += chunk.length
    if (size < BLOCK) continue
    yield Buffer.concat(held)
    held = []
    size = 0
  }
  if (size > 0) yield Buffer.concat(held)
}

/** By its byte order mark; without one it is UTF-8, unless every other byte is nothing. */
function encodingOf(head: Buffer): Encoding | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le'
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be'
  const sample = head.subarray(0, 1_000)
  const nothing = sample.filter((byte) => byte === 0).length
  return nothing * 4 > sample.length ? undefined : 'utf-8'
}

/** Bytes that are no UTF-8, and not one letter that is: an encoding of one byte a letter. A stray byte is its line's fault. */
function isOldEncoding(text: string): boolean {
  return text.includes(BROKEN) && !/[^\p{ASCII}\ufffd]/u.test(text)
}

/** What a decoder puts where bytes make no letter. */
export const BROKEN = '\ufffd'

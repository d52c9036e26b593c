/** The little Markdown our own pages use: headings, paragraphs, lists, fenced code, code, bold and links. */
export function renderMarkdown(text: string): string {
  return blocksOf(text.replaceAll('\r\n', '\n')).map(renderBlock).join('')
}

/** Blank lines part blocks, but not inside a fence. */
function blocksOf(text: string): string[] {
  return text
    .split(/(^```[\s\S]*?^```$)/m)
    .flatMap((part) => (part.startsWith('```') ? [part] : part.split(/\n{2,}/)))
    .map((block) => block.trim())
    .filter((block) => block !== '')
}

function renderBlock(block: string): string {
  const [, marks, heading = ''] = /^(#{1,3}) (.*)$/.exec(block) ?? []
  if (marks) return `<h${marks.length}>${inline(heading)}</h${marks.length}>\n`
  if (block.startsWith('```')) return `<pre>${escapeHtml(block.replace(/^```.*\n/, '').replace(/\n```$/, ''))}</pre>\n`
  if (/^[-*] /.test(block))
    return `<ul>${block
      .split(/\n(?=[-*] )/)
      .map(item)
      .join('')}</ul>\n`
  return `<p>${inline(block)}</p>\n`
}

const item = (line: string) => `<li>${inline(line.slice(2))}</li>`

const inline = (text: string): string =>
  escapeHtml(text)
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
    .replace(/\[([^\]]+)\]\((https?:\/\/[^)\s]+|\/[^)\s]*)\)/g, '<a href="$2">$1</a>')

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (letter) => ENTITIES[letter] ?? letter)

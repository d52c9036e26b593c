import { domainToASCII } from 'node:url'
import type MimeNode from 'nodemailer/lib/mime-node'
import type { EmailMessage } from '../domain/message.ts'

interface Mail {
  from: { name: string; address: string }
  messageId: string
  date: Date
  locale: string
  message: EmailMessage
}

/** The bytes of a message with two alternatives. nodemailer makes nodes and headers; joined here, without streams. */
export async function buildMime({ from, messageId, date, locale, message }: Mail): Promise<Buffer> {
  library ??= load()
  const { MailComposer, encode } = await library
  const root = new MailComposer({
    from,
    to: { name: oneLine(message.to.name ?? ''), address: asciiAddress(message.to.address) },
    subject: oneLine(message.subject),
    text: message.text,
    html: message.html,
    messageId,
    date,
    headers: {
      'Auto-Submitted': 'auto-generated',
      'Content-Language': locale,
      ...(message.unsubscribeUrl && {
        'List-Unsubscribe': `<${oneLine(message.unsubscribeUrl)}>`,
        'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      }),
    },
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile()
  return Buffer.from(join(root, encode))
}

type Encode = (content: string, encoding: string | false) => string
let library: ReturnType<typeof load> | undefined

async function load() {
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer')
  const qp = await import('nodemailer/lib/qp')
  const base64 = await import('nodemailer/lib/base64')
  const encode: Encode = (content, encoding) => {
    if (encoding === 'quoted-printable') return qp.wrap(qp.encode(content))
    return encoding === 'base64' ? base64.wrap(base64.encode(content)) : content
  }
  return { MailComposer, encode }
}

/** Headers first: building them is what gives a node its boundary. */
function join(node: MimeNode, encode: Encode): string {
  const head = node.buildHeaders()
  if (!node.boundary) return `${head}\r\n\r\n${encode(String(node.content ?? ''), node.getTransferEncoding())}`
  const parts = node.childNodes.map((child) => `--${node.boundary}\r\n${join(child, encode)}\r\n`)
  return `${head}\r\n\r\n${parts.join('')}--${node.boundary}--\r\n`
}

/** One address and nothing else: no list, no group, no quotes, no second line. */
export const isOneAddress = (address: string): boolean =>
  /^[^\s<>,;:"()[\]\\@]+@[^\s<>,;:"()[\]\\@]+$/.test(address) && domainToASCII(domainOf(address)) !== ''

export const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1)

export const asciiAddress = (address: string): string =>
  `${address.slice(0, address.lastIndexOf('@'))}@${domainToASCII(domainOf(address))}`

/** `Name <address>` or `address`, as an operator writes it into the configuration. */
export function readSender(text: string): { name: string; address: string } {
  const [, name = '', address = text] = /^\s*"?([^"<]*?)"?\s*<([^<>]+)>\s*$/.exec(text) ?? []
  return { name: oneLine(name), address: asciiAddress(address.trim()) }
}

/** Names and subjects are one line: a line break in one is a header in another's hands. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim()

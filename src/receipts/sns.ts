import { verify, X509Certificate } from 'node:crypto'
import type { FetchText, ReceiptRefusal } from '../flow/ports-receipts.ts'
import { dig, readJson } from './body.ts'
import { refused } from './receipt.ts'

export interface SnsOptions {
  /** Topics of ours: a message of any other, though rightly signed by Amazon, is a stranger's. */
  topicArns: readonly string[]
  fetchText: FetchText
}

export interface SnsMessage {
  type: string
  text: string
  messageId: string
  subscribeUrl: string
  topicArn: string
}
export type SnsReading = { ok: true; message: SnsMessage } | ReceiptRefusal

const MOST_BYTES = 512 * 1_024

/** Amazon SNS over HTTP: the signature is checked before anything in the message is believed, addresses above all. */
export function makeSns({ topicArns, fetchText }: SnsOptions) {
  const certificates = makeCertificates(fetchText)
  return {
    async open(raw: Buffer, now: Date): Promise<SnsReading> {
      const field = readFields(raw)
      if (!field) return refused('bad_body')
      if (!field('Signature') || !field('SigningCertURL')) return refused('no_signature')
      if (!isAddressedToUs(field, topicArns)) return refused('bad_signature')
      const certificate = await certificates.get(field('SigningCertURL'), now)
      if (!certificate) return refused('unavailable')
      if (!isValidAt(certificate, now) || !isSigned(field, certificate)) return refused('bad_signature')

      const message = { type: field('Type'), text: field('Message'), messageId: field('MessageId') }
      return { ok: true, message: { ...message, subscribeUrl: field('SubscribeURL'), topicArn: field('TopicArn') } }
    },

    /** Says yes to a subscription that was asked for; false when Amazon could not be reached. */
    async confirm({ subscribeUrl }: SnsMessage): Promise<boolean> {
      return (await fetchText(subscribeUrl)) !== undefined
    },

    /** Only at Amazon's SNS, in the topic's region, and only to say yes to this topic. */
    mayConfirm({ subscribeUrl, topicArn }: SnsMessage): boolean {
      if (!isAmazonSns(subscribeUrl, topicArn, /^\/$/)) return false
      const { searchParams } = new URL(subscribeUrl)
      return searchParams.get('Action') === 'ConfirmSubscription' && searchParams.get('TopicArn') === topicArn
    },
  }
}

type Field = (name: string) => string

function readFields(raw: Buffer): Field | undefined {
  const body = raw.length > MOST_BYTES ? undefined : readJson(raw.toString('utf8'))
  if (typeof body !== 'object' || body === null) return undefined
  return (name) => {
    const value = dig(body, name)
    return typeof value === 'string' ? value : ''
  }
}

/** All that can be said before anything is fetched. */
const isAddressedToUs = (field: Field, topicArns: readonly string[]): boolean =>
  topicArns.includes(field('TopicArn')) &&
  ALGORITHMS.has(field('SignatureVersion')) &&
  isAmazonSns(field('SigningCertURL'), field('TopicArn'), CERTIFICATE_PATH)

function isSigned(field: Field, { publicKey }: X509Certificate): boolean {
  const signature = Buffer.from(field('Signature'), 'base64')
  return verify(ALGORITHMS.get(field('SignatureVersion')), Buffer.from(signedText(field)), publicKey, signature)
}

const ALGORITHMS = new Map([
  ['1', 'RSA-SHA1'],
  ['2', 'RSA-SHA256'],
])
const CERTIFICATE_PATH = /^\/SimpleNotificationService-[0-9a-zA-Z]+\.pem$/

/** `https://sns.<region of the topic>.amazonaws.com[.cn]`, without port, user or anything else that could mislead. */
function isAmazonSns(text: string, topicArn: string, path: RegExp): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, host, username, password, pathname } = new URL(text)
  const region = topicArn.split(':')[3] ?? ''
  const hosts = [`sns.${region}.amazonaws.com`, `sns.${region}.amazonaws.com.cn`]
  const isPlain = username === '' && password === '' && /^[a-z0-9-]+$/.test(region)
  return protocol === 'https:' && isPlain && hosts.includes(host) && path.test(pathname)
}

/** The fields that are signed, in their order; a subject only where there is one. */
function signedText(field: Field): string {
  const names =
    field('Type') === 'Notification'
      ? ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
      : ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']
  return names
    .filter((name) => name !== 'Subject' || field(name) !== '')
    .map((name) => `${name}\n${field(name)}\n`)
    .join('')
}

const isValidAt = (certificate: X509Certificate, now: Date): boolean =>
  certificate.publicKey.asymmetricKeyType === 'rsa' &&
  new Date(certificate.validFrom) <= now &&
  now <= new Date(certificate.validTo)

const MOST_KEPT = 20
const MOST_FETCHES_PER_MINUTE = 10

/** Each is fetched once; a flood of made-up ones does not make us flood Amazon. */
function makeCertificates(fetchText: FetchText) {
  const kept = new Map<string, Promise<X509Certificate | undefined>>()
  let fetches: number[] = []
  return {
    async get(url: string, now: Date): Promise<X509Certificate | undefined> {
      const known = kept.get(url)
      if (known !== undefined) return known
      fetches = fetches.filter((at) => Math.abs(now.getTime() - at) < 60_000)
      if (fetches.length >= MOST_FETCHES_PER_MINUTE) return undefined
      fetches.push(now.getTime())
      const fetched = fetchText(url).then(parse, () => undefined)
      kept.set(url, fetched)
      const certificate = await fetched
      const [oldest] = kept.keys()
      if (!certificate) kept.delete(url)
      else if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest)
      return certificate
    },
  }
}

function parse(pem: string | undefined): X509Certificate | undefined {
  try {
    return pem === undefined ? undefined : new X509Certificate(pem)
  } catch {
    return undefined
  }
}

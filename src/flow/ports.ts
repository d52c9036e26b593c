/** What the road needs of the world. Each flow function asks for the slice it uses: `Pick<Ports, …>`. */
import type { CarriedChannel } from '../domain/channel.ts'
import type { PartnerLink } from '../domain/magic-link.ts'
import type { Message, Words } from '../domain/message.ts'
import type { Outcome } from '../domain/outcome.ts'

/** One carrier of one channel: a file in `channels/` and a line in its registry. */
export interface Provider {
  readonly name: string
  readonly channel: CarriedChannel
  /** Who the messages come from; a limit counts each sender for itself. */
  readonly sender: string
  /** One request, no library retries, never rejects: everything that can happen is an `Outcome`. */
  send(message: Message, attempt: Attempt): Promise<Outcome>
  close(): Promise<void>
}

/** One try to hand one step to one provider for one address or device. */
export interface Attempt {
  /** Stable and unguessable enough for a callback URL; the provider's idempotency key where it knows one. */
  id: string
  /** Stable over all attempts of the step: Message-ID, collapse key, tag. */
  stepId: string
  /** `performance.now()` after which the first byte must not be written any more (design 3.6). */
  startBy: number
  /** How long the provider may hold the message, ms: neither outlives the link nor the send window (P6). */
  validForMs: number
  locale: string
}

/** The partner's API, one method a call (reference/m2m-partner-api.md, section 4). Never rejects for what the partner does. */
export interface Partner {
  /** `startBy`: `performance.now()` after which it must not be asked any more, since its slot may be another's. */
  createLink(order: LinkOrder, startBy?: number): Promise<PartnerAnswer<PartnerLink>>
  /** All pages of one user's links; `active` = neither expired nor revoked. */
  activeLinks(referenceId: string): Promise<PartnerAnswer<PartnerLink[]>>
  /** Links opened since `from`, all pages: what missed webhooks would have said. */
  openedSince(from: Date): Promise<PartnerAnswer<PartnerLink[]>>
  revokeLink(linkId: string, reason: string): Promise<PartnerAnswer<null>>
  hasOperation(referenceId: string, linkId: string): Promise<PartnerAnswer<boolean>>
  close(): Promise<void>
}

export interface LinkOrder {
  referenceId: string
  /** 5 to 10080 */
  expiresInMinutes: number
  language: 'en' | 'es'
  userData?: Record<string, unknown>
  theme?: string
  flow?: string
  metadata?: Record<string, string>
  callbackUrl?: string
}

export type PartnerAnswer<T> =
  | { kind: 'ok'; value: T }
  /** 409 ACTIVE_LINK_EXISTS */
  | { kind: 'active_link_exists' }
  | { kind: 'not_found' }
  /** Final 4xx: `code` is the partner's, `fields` names, never values. */
  | { kind: 'refused'; code: string; fields: string[] }
  | { kind: 'throttled'; afterMs: number }
  /** Certainly not processed; try again later. */
  | { kind: 'retry'; reason: string }
  /** Written but not (fully) answered, or 5xx: the partner may have done it. Look up first. */
  | { kind: 'unclear'; reason: string }
  /** 401 or PARTNER_SUSPENDED: hold everything that needs the partner. */
  | { kind: 'shut'; code: string }
  /** A 2xx that cannot be trusted (foreign host, other referenceId, bad JSON): nothing is sent, a person looks. */
  | { kind: 'untrusted'; reason: string }

/** Turns a raw webhook delivery into a notice, or refuses it. */
export interface NoticeReader {
  read(raw: Buffer, headers: Record<string, string | string[] | undefined>, now: Date): NoticeReading
}
export type NoticeReading =
  /** `stale`: rightly signed but with an old timestamp: an honest retry, accepted and counted. */
  | { ok: true; notice: Notice; stale: boolean }
  | { ok: false; reason: 'no_signature' | 'bad_signature' | 'bad_body' | 'event_mismatch' }

/** A partner event, normalised (dossier, sections 7 and 10 rule 10). */
export interface Notice {
  /** Deduplication key: event + linkId, dataRequestId, event + operationId, or a hash of the body. Secret: holds a linkId. */
  key: string
  type: string
  occurredAt: Date
  linkId: string | null
  referenceId: string | null
  openedAt: Date | null
  operationId: string | null
  dataRequestId: string | null
  /** `data.url` and `data.expiresAt` of `link.created`. */
  url: string | null
  expiresAt: Date | null
  /** Browser's user agent of `link.opened`, where given. */
  userAgent: string | null
  /** Names only. */
  requiredFields: string[]
  raw: string
}

/** Words for a purpose in a locale. Strict: a missing variable is an answer, never an empty gap. */
export interface Renderer {
  render(order: RenderOrder): Rendering
  has(template: string): boolean
  list(): { name: string; version: string; locales: string[]; channels: CarriedChannel[] }[]
}
export interface RenderOrder {
  template: string
  channel: CarriedChannel
  /** BCP 47; es-MX falls back to es, then to the default locale. */
  locale: string
  timeZone: string
  now: Date
  name: { first: string; last: string; full: string }
  link: { url: string; expiresAt: Date }
  variables: Record<string, unknown>
}
export type Rendering =
  | {
      ok: true
      words: Words /** the locale that was found */
      locale: string
      version: string
      direction: 'ltr' | 'rtl'
    }
  | { ok: false; code: 'template_unknown' | 'variable_missing' | 'render_failed'; detail: string; missing: string[] }

/** Encryption at rest and keyed look-ups. The place is bound into the ciphertext: a swapped row does not open. */
export interface Vault {
  seal(plain: string, place: Place): Buffer
  /** Throws `VaultError` when the key is unknown or the bytes were changed or moved. */
  open(sealed: Buffer, place: Place): string
  /** Keyed hash under the current look-up key. `kind` separates domains: 'phone', 'email', 'token', 'link'. */
  lookup(kind: string, value: string): Buffer
  /** The same under every look-up key, current first: what a query must ask for. */
  lookups(kind: string, value: string): Buffer[]
  /** The id of the key that sealed it, to find what still needs re-encryption. */
  keyOf(sealed: Buffer): string
  readonly currentKey: string
}
export interface Place {
  table: string
  row: string
  column: string
}

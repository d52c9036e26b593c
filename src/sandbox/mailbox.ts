const KEPT = 1_000

/** One message as its person holds it in the hand, or the person's reply. */
export interface InboxMessage {
  id: string
  channel: 'sms' | 'email' | 'push'
  provider: 'twilio' | 'vonage' | 'smtp' | 'fcm'
  /** `outbound` reached the person, `inbound` is what the person wrote back. */
  direction: 'outbound' | 'inbound'
  /** The person's address in both directions: E.164, an email address or a device token. */
  to: string
  at: Date
  from?: string
  /** The person's name, where the message carried it. */
  name?: string
  text?: string
  subject?: string
  html?: string
  title?: string
  body?: string
  url?: string
  headers?: Record<string, string>
  /** The provider's latest word on it. */
  status?: string
}

type Listener = (message: InboxMessage) => void

/** What the stand-ins delivered: the last thousand messages, in memory. */
export interface Mailbox {
  add(message: Omit<InboxMessage, 'id' | 'at'>): InboxMessage
  all(): InboxMessage[]
  get(id: string): InboxMessage | undefined
  messagesTo(address: string): InboxMessage[]
  /** The first message that arrives after this call. */
  next(): Promise<InboxMessage>
  /** The first message that fits, already here or yet to come. */
  waitFor(fits: (message: InboxMessage) => boolean): Promise<InboxMessage>
  /** Notes the provider's later word; a message that has left the mailbox is no error. */
  mark(id: string, status: string): void
  clear(): void
  /** Calls back for every new message; returns the way to stop. */
  onAdd(listener: Listener): () => void
  /** Calls back for everything that changes a page; returns the way to stop. */
  onChange(listener: () => void): () => void
}

export function makeMailbox({ now }: { now: () => Date }): Mailbox {
  const messages = new Map<string, InboxMessage>()
  const adds = new Set<Listener>()
  const changes = new Set<() => void>()
  let count = 0

  const changed = () => {
    for (const tell of [...changes]) tell()
  }

  const future = (fits: (message: InboxMessage) => boolean) =>
    new Promise<InboxMessage>((resolve) => {
      const stop = listen(adds, (message: InboxMessage) => {
        if (!fits(message)) return
        stop()
        resolve(message)
      })
    })

  return {
    add(message) {
      count += 1
      const added: InboxMessage = { ...message, id: `m${count}`, at: now() }
      messages.set(added.id, added)
      forgetOldest(messages)
      for (const tell of [...adds]) tell(added)
      changed()
      return added
    },
    all: () => [...messages.values()],
    get: (id) => messages.get(id),
    messagesTo: (address) => [...messages.values()].filter((message) => same(message.to, address)),
    next: () => future(() => true),
    async waitFor(fits) {
      return [...messages.values()].find(fits) ?? future(fits)
    },
    mark(id, status) {
      const message = messages.get(id)
      if (!message) return
      messages.set(id, { ...message, status })
      changed()
    },
    clear() {
      messages.clear()
      changed()
    },
    onAdd: (listener) => listen(adds, listener),
    onChange: (listener) => listen(changes, listener),
  }
}

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase()

function listen<L>(listeners: Set<L>, listener: L): () => void {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

function forgetOldest(messages: Map<string, InboxMessage>) {
  for (const id of messages.keys()) {
    if (messages.size <= KEPT) return
    messages.delete(id)
  }
}

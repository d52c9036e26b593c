/** Secrets under the names a failing test shows instead of them. */
export type Secrets = Record<string, string>

interface Needle {
  name: string
  form: Buffer
}

/**
 * The names of the secrets that stand in `place`, in the clear or in any of the disguises in which they travel. One pass, however
 * many there are: what begins with the same two bytes is compared there.
 */
export function secretsIn(place: Buffer | string, secrets: Secrets): string[] {
  const bytes = Buffer.isBuffer(place) ? place : Buffer.from(place)
  const needles = needlesOf(secrets)
  const found = new Set<string>()
  for (let at = 0; at + 1 < bytes.length; at++) {
    for (const { name, form } of needles[bytes.readUInt16LE(at)] ?? NONE) if (isAt(bytes, at, form)) found.add(name)
  }
  return [...found]
}

const NONE: Needle[] = []

/** By the number of their first two bytes. */
function needlesOf(secrets: Secrets): (Needle[] | undefined)[] {
  const needles: (Needle[] | undefined)[] = new Array(65_536)
  const all = Object.entries(secrets).flatMap(([name, secret]) => formsOf(secret).map((form) => ({ name, form })))
  for (const { name, form } of all) {
    const bytes = Buffer.from(form)
    const start = bytes.readUInt16LE(0)
    needles[start] = [...(needles[start] ?? []), { name, form: bytes }]
  }
  return needles
}

const isAt = (bytes: Buffer, at: number, form: Buffer) =>
  at + form.length <= bytes.length && bytes.compare(form, 0, form.length, at, at + form.length) === 0

function formsOf(secret: string): string[] {
  const hex = Buffer.from(secret).toString('hex')
  const base64 = [0, 1, 2].map((shift) => middleOfBase64(secret, shift))
  const json = JSON.stringify(secret).slice(1, -1)
  const forms = [
    secret,
    secret.toLowerCase(),
    secret.toUpperCase(),
    encodeURIComponent(secret),
    new URLSearchParams([[secret, '']]).toString().slice(0, -1),
    json,
    json.replace(/[^ -~]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`),
    hex,
    hex.toUpperCase(),
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
  ]
  return [...new Set(forms)]
}

/** What every base64 of a longer text holds where the secret begins `shift` bytes after a group of three. */
function middleOfBase64(secret: string, shift: number): string {
  const text = Buffer.from(`${'\0'.repeat(shift)}${secret}`).toString('base64')
  return text.slice(shift === 0 ? 0 : 4, Math.floor((shift + Buffer.byteLength(secret)) / 3) * 4)
}

/** What columns of an audience are usually called, in English, Spanish and Portuguese; compared by `plainName`. */
const USUAL_NAMES: Record<string, readonly string[]> = {
  referenceId: [
    ...[
      'reference id',
      'reference',
      'ref id',
      'user id',
      'customer id',
      'client id',
      'contact id',
      'external id',
      'id',
    ],
    ...['id de referencia', 'referencia', 'id usuario', 'id cliente', 'id de usuario', 'id de cliente', 'id externo'],
    ...['id referencia', 'id do usuario', 'id do cliente', 'codigo cliente', 'codigo do cliente', 'codigo de cliente'],
  ],
  'contact.phone': [
    ...[
      'phone',
      'phone number',
      'mobile',
      'mobile phone',
      'mobile number',
      'cell',
      'cell phone',
      'telephone',
      'msisdn',
    ],
    ...['telefono', 'numero de telefono', 'telefono movil', 'telefono celular', 'movil', 'celular', 'numero celular'],
    ...[
      'telefone',
      'numero de telefone',
      'telefone celular',
      'telemovel',
      'numero de celular',
      'tel',
      'sms',
      'whatsapp',
    ],
  ],
  'contact.country': [
    ...['country', 'country code', 'phone country', 'pais', 'codigo pais', 'codigo de pais', 'pais del telefono'],
    ...['codigo do pais', 'pais do telefone'],
  ],
  'contact.email': [
    ...['email', 'e mail', 'email address', 'mail', 'correo', 'correo electronico', 'direccion de correo'],
    ...['endereco de email', 'correio eletronico', 'endereco de e mail'],
  ],
  'contact.pushTokens': [
    ...['push token', 'push tokens', 'device token', 'device tokens', 'fcm token', 'fcm tokens', 'token push'],
    ...['token de dispositivo', 'tokens push', 'token do dispositivo', 'token del dispositivo'],
  ],
  firstName: [
    ...['first name', 'given name', 'forename', 'name', 'nombre', 'nombres', 'primer nombre', 'nombre de pila'],
    ...['nome', 'primeiro nome'],
  ],
  lastName: [
    ...['last name', 'family name', 'surname', 'apellido', 'apellidos', 'primer apellido', 'apellido paterno'],
    ...['sobrenome', 'ultimo nome', 'apelido'],
  ],
  secondName: ['second name', 'middle name', 'segundo nombre', 'segundo nome', 'nome do meio'],
  secondLastName: ['second last name', 'second surname', 'segundo apellido', 'apellido materno', 'segundo sobrenome'],
  locale: ['locale', 'language', 'lang', 'idioma', 'lengua', 'lingua'],
  timeZone: ['time zone', 'tz', 'zona horaria', 'huso horario', 'fuso horario', 'fuso'],
  channels: ['channels', 'channel', 'canal', 'canales', 'canais'],
  'userData.idNumber': ['id number', 'curp', 'ssn', 'numero de identificacion', 'numero de identificacao'],
  'userData.idType': ['id type', 'tipo de identificacion', 'tipo de identificacao'],
  'userData.dob': [
    ...['dob', 'date of birth', 'birth date', 'birthday', 'fecha de nacimiento', 'nacimiento', 'data de nascimento'],
  ],
  'userData.paymentMethod.type': ['payment method', 'payment type', 'metodo de pago', 'metodo de pagamento'],
  'userData.paymentMethod.bankAccount.accountNumber': [
    ...['account number', 'account', 'bank account', 'iban', 'clabe', 'cuenta', 'numero de cuenta', 'cuenta bancaria'],
    ...['conta', 'numero da conta', 'conta bancaria', 'cuenta clabe'],
  ],
  'userData.paymentMethod.bankAccount.country': [
    ...['bank country', 'account country', 'pais del banco', 'pais de la cuenta', 'pais do banco', 'pais da conta'],
  ],
  'link.linkId': ['link id', 'id del enlace', 'id do link'],
  'link.url': ['link url', 'link', 'url', 'magic link', 'enlace', 'liga'],
  'link.expiresAt': ['link expires at', 'expires at', 'link expiry', 'vencimiento', 'vence', 'validade'],
}

/** Small letters without accents, blanks, underscores and the like: `Correo Electrónico` reads as `correoelectronico`. */
export const plainName = (name: string): string =>
  name
    .normalize('NFD')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase()

/** `rank`: of two columns for one path the more usual name wins. */
const BY_NAME = new Map(
  Object.entries(USUAL_NAMES).flatMap(([path, names]) =>
    names.map((name, rank): [string, Guess] => [plainName(name), { path, rank }]),
  ),
)

export interface Guess {
  path: string
  rank: number
}

const FIXED = [
  'referenceId',
  'channels',
  'locale',
  'timeZone',
  'contact.phone',
  'contact.country',
  'contact.email',
  'contact.pushTokens',
  'contact.name.firstName',
  'contact.name.lastName',
  'link.linkId',
  'link.url',
  'link.expiresAt',
]
const FIXED_BY_NAME = new Map(FIXED.map((path) => [path.toLowerCase(), path]))
const FREE = /^(userData|variables|metadata)((?:\.[A-Za-z_][\w-]{0,39}){1,5})$/i
const ROOTS: Record<string, string> = { userdata: 'userData', variables: 'variables', metadata: 'metadata' }
const NEVER = /\.(__proto__|constructor|prototype)(\.|$)/

/** The path as the house spells it, or undefined when no column may fill it. */
export function audiencePath(text: string): string | undefined {
  const fixed = FIXED_BY_NAME.get(text.toLowerCase())
  if (fixed) return fixed
  const [, root = '', rest = ''] = FREE.exec(text) ?? []
  return root === '' || NEVER.test(rest) ? undefined : `${ROOTS[root.toLowerCase()]}${rest}`
}

/**
 * What a column probably holds: a path it is named after, or one of the usual names. A name of a person greets, and goes
 * to the partner where the file brings accounts, for there `userData` needs it.
 */
export function guessPath(column: string, bringsAccounts: boolean): Guess | undefined {
  const guess = column.includes('.') ? named(column.trim()) : BY_NAME.get(plainName(column))
  if (!guess || audiencePath(guess.path)) return guess
  if (bringsAccounts) return { ...guess, path: `userData.name.${guess.path}` }
  return guess.path.startsWith('second') ? undefined : { ...guess, path: `contact.name.${guess.path}` }
}

function named(column: string): Guess | undefined {
  const path = audiencePath(column)
  return path === undefined ? undefined : { path, rank: -1 }
}
